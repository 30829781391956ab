/** The root of the key hierarchy: the port that a KMS fills, and the root key that is held locally. */
import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { ALGORITHM } from './aes-gcm.js';
import { associatedData } from './associated-data.js';
import { committedKey, type CommittedKey } from './committed-key.js';
import { DecryptionFailed } from './decryption-failed.js';
import { hkdfSha256 } from './kdf.js';
import { KEY_LENGTH, takeKey } from './key.js';
import { openKey, sealKey } from './sealed-key.js';

export const ROOT_WRAP_FORMAT = 'keytrail/root-wrap/v1';
export const ROOT_WRAPPING_KEY_LABEL = 'keytrail/root-wrapping-key/v1';
export const ROOT_KEY_ID_LABEL = 'keytrail/root-key-id/v1';
export const ROOT_COMMITTED_KEY_LABEL = 'keytrail/root-committed-key/v1';

const BLOB_VERSION = 1;
const SALT_LENGTH = 16;
const NO_SALT = Buffer.alloc(0);
const BOX_AT = 1 + SALT_LENGTH;

/** What a key wrapped by the root is bound to. */
export interface WrapContext {
  readonly workspace: string;
  /** The id of the key that is wrapped. */
  readonly keyId: string;
}

/** The KMS port. An adapter whose service cannot bind a context wraps SHA-256(context) ‖ key and checks it. */
export interface RootKey {
  /** Names the key and tells nothing about it; equal for equal keys. */
  readonly id: string;
  wrap(context: WrapContext, key: KeyObject): Promise<Buffer>;
  /** Throws {@link DecryptionFailed} unless `wrapped` was made by this root key for this very context. */
  unwrap(context: WrapContext, wrapped: Uint8Array): Promise<KeyObject>;
}

/** A root key of 32 random bytes, which stay the caller's to zero. Throws TypeError for another length. */
export function localRootKey(keyBytes: Uint8Array): RootKey {
  if (keyBytes.length !== KEY_LENGTH) throw new TypeError(`a root key has ${KEY_LENGTH} bytes`);
  const root = createSecretKey(keyBytes);
  const id = `local-${hkdfSha256(root, { salt: NO_SALT, info: ROOT_KEY_ID_LABEL, length: 8 }).toString('hex')}`;
  return {
    id,
    async wrap(context, key) {
      return wrapUnder(root, bind(context, id), key);
    },
    async unwrap(context, wrapped) {
      return unwrapUnder(root, bind(context, id), wrapped);
    },
  };
}

/** Version 1 | salt 16 | box. */
function wrapUnder(root: KeyObject, context: Buffer, key: KeyObject): Buffer {
  const salt = randomBytes(16);
  return Buffer.concat([Buffer.of(BLOB_VERSION), salt, sealKey(wrappingKey(root, salt), context, key)]);
}

function unwrapUnder(root: KeyObject, context: Buffer, wrapped: Uint8Array): KeyObject {
  if (wrapped[0] !== BLOB_VERSION) throw new DecryptionFailed();
  return openKey(wrappingKey(root, wrapped.subarray(1, BOX_AT)), context, wrapped.subarray(BOX_AT));
}

/** Each salt gives a wrapping key of its own. */
function wrappingKey(root: KeyObject, salt: Uint8Array): CommittedKey {
  const derived = hkdfSha256(root, { salt, info: ROOT_WRAPPING_KEY_LABEL, length: 32 });
  return committedKey(takeKey(derived), ROOT_COMMITTED_KEY_LABEL);
}

function bind({ workspace, keyId }: WrapContext, rootKeyId: string): Buffer {
  return associatedData([ROOT_WRAP_FORMAT, workspace, keyId, rootKeyId, ALGORITHM]);
}
