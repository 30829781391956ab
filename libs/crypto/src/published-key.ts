/** Sealing keys as the vault publishes them, signed in its name, so that nobody else's are taken for them. */
import { associatedData } from './associated-data.js';
import { bytesOf } from './base64.js';
import { verifySignature, type SigningKey } from './signing-key.js';

const VAULT_KEY_PREFIX = 'kv_';
const STATEMENT = 'keytrail/sealing-key/v1';

/** A sealing key as it is published; `publicKey` and `signature` in base64url, times in RFC 3339. */
export interface PublishedKey {
  readonly keyId: string;
  readonly publicKey: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly signature: string;
}

/** The vault key in its form for people and configurations: `kv_` and base64url. */
export const vaultKeyOf = ({ publicKey }: Pick<SigningKey, 'publicKey'>): string =>
  VAULT_KEY_PREFIX + Buffer.from(publicKey).toString('base64url');

/** Signs a sealing key in the vault's name. */
export function signSealingKey(key: Omit<PublishedKey, 'signature'>, by: SigningKey): PublishedKey {
  return { ...key, signature: by.sign(statementOf(key)).toString('base64url') };
}

/** Whether a published key is the vault's; whether it is valid now is another question. */
export function isSignedBy(vaultKey: string, key: PublishedKey): boolean {
  const publicKey = vaultKey.startsWith(VAULT_KEY_PREFIX)
    ? bytesOf(vaultKey.slice(VAULT_KEY_PREFIX.length), 'base64url')
    : null;
  const signature = bytesOf(key.signature, 'base64url');
  return (
    publicKey !== null && signature !== null && verifySignature(publicKey, { message: statementOf(key), signature })
  );
}

function statementOf({ keyId, publicKey, notBefore, notAfter }: Omit<PublishedKey, 'signature'>): Buffer {
  return associatedData([STATEMENT, keyId, publicKey, notBefore, notAfter]);
}
