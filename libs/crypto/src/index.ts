/** What other rooms may use of this one. */
export { ALGORITHM } from './aes-gcm.js';
export { connectSecretOf, mintApiToken, parseApiToken, parseConnectSecret, type ApiTokenDigest } from './api-token.js';
export { associatedData } from './associated-data.js';
export { canonicalJson, NotJson } from './canonical-json.js';
export { DecryptionFailed } from './decryption-failed.js';
export { randomBytes, sha256, sha256Hex, timingSafeEqualBytes } from './digest.js';
export {
  DEK_LABEL,
  kek,
  KEK_LABEL,
  open,
  openReady,
  openVersion,
  readyVersion,
  seal,
  sealVersion,
  unwrapKey,
  VALUE_FORMAT,
  WRAP_FORMAT,
  wrapKey,
  type Kek,
  type ReadyVersion,
  type SealedVersion,
  type VersionContext,
} from './envelope.js';
export { fingerprint, FINGERPRINT_LABEL } from './fingerprint.js';
export { hpkeKeyPair, mintHpkeKeyPair, type HpkeKeyPair } from './hpke-key.js';
export type { HpkeExport } from './hpke.js';
export { mintKey, takeKey, type KeyObject } from './key.js';
export { mintConn, mintPrincipal, principalFrom } from './mint.js';
export { nkeyPublicBytes } from './nkey.js';
export { isSignedBy, signSealingKey, vaultKeyOf, type PublishedKey } from './published-key.js';
export { publicRandomBytes } from './public-random.js';
export { randomText } from './random-text.js';
export {
  localRootKey,
  ROOT_COMMITTED_KEY_LABEL,
  ROOT_KEY_ID_LABEL,
  ROOT_WRAP_FORMAT,
  ROOT_WRAPPING_KEY_LABEL,
  type RootKey,
  type WrapContext,
} from './root-key.js';
export { loadRootKey, mintRootKeyFile } from './root-key-file.js';
export { passphraseRootKey, type Passphrase } from './root-key-passphrase.js';
export { RootKeyRefused } from './root-key-refused.js';
export { openSealed, SEALED_FOR, sealTo, type SealedFor, type SealedText } from './sealed-message.js';
export { SecretBytes } from './secret-bytes.js';
export {
  exportSessionKeys,
  importSessionKeys,
  isRequestMac,
  nkeyStatement,
  openReply,
  requestMac,
  sealReply,
  sessionKeys,
  sessionSecret,
  type ReplyPlace,
  type RequestPlace,
  type SessionKeys,
  type SessionSetUp,
  type SignedRequest,
} from './session.js';
export { signingKey, verifySignature, type SigningKey } from './signing-key.js';
export { uuidv7 } from './uuidv7.js';
