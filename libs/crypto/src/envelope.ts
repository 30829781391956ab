/** The envelope of a secret version: a fresh data key (DEK) seals the value, the workspace's (KEK) wraps the DEK. */
import type { KeyObject } from 'node:crypto';
import { ALGORITHM } from './aes-gcm.js';
import { associatedData } from './associated-data.js';
import { committedKey, type CommittedKey } from './committed-key.js';
import { mintKey } from './key.js';
import { keptBox, openReadyBox, readyBox, type ReadyBox, sealBox } from './sealed-box.js';
import { openKey, sealKey } from './sealed-key.js';
import { SecretBytes } from './secret-bytes.js';

export const KEK_LABEL = 'keytrail/kek/v1';
export const DEK_LABEL = 'keytrail/dek/v1';
export const WRAP_FORMAT = 'keytrail/wrap/v1';
export const VALUE_FORMAT = 'keytrail/value/v1';

/** The one place where an envelope opens: `secret` is the secret's id, `version` counts from 1. */
export interface VersionContext {
  readonly workspace: string;
  readonly secret: string;
  readonly version: number;
}

/** A workspace's key, made ready once for many uses. */
export interface Kek {
  readonly id: string;
  readonly key: CommittedKey;
}

/** What is stored of a version: neither part opens without the other. */
export interface SealedVersion {
  readonly ciphertext: Buffer;
  readonly wrappedKey: Buffer;
}

/** Makes a workspace's key ready; `id` is bound to all that it wraps. Throws TypeError unless `key` has 32 bytes. */
export function kek({ id, key }: { readonly id: string; readonly key: KeyObject }): Kek {
  return { id, key: committedKey(key, KEK_LABEL) };
}

/** Wraps a DEK for one version; 93 bytes. Each call uses up one of the KEK's about 2^32 nonces. */
export function wrapKey({ id, key }: Kek, dek: KeyObject, context: VersionContext): Buffer {
  return sealKey(key, bind(WRAP_FORMAT, context, id), dek);
}

/** Unwraps what {@link wrapKey} made for the same KEK and version, else throws DecryptionFailed. */
export function unwrapKey({ id, key }: Kek, wrappedKey: Uint8Array, context: VersionContext): KeyObject {
  return openKey(key, bind(WRAP_FORMAT, context, id), wrappedKey);
}

/** Seals a value for one version; 61 bytes longer than the value. */
export function seal(dek: KeyObject, plaintext: Uint8Array, context: VersionContext): Buffer {
  const key = committedKey(dek, DEK_LABEL);
  return sealBox(key, bind(VALUE_FORMAT, context, dekId(key)), plaintext);
}

/** Opens what {@link seal} made for the same DEK and version, else throws DecryptionFailed. */
export function open(dek: KeyObject, ciphertext: Uint8Array, context: VersionContext): SecretBytes {
  return openReady(ready(dek, ciphertext, context));
}

function ready(dek: KeyObject, ciphertext: Uint8Array, context: VersionContext): ReadyVersion {
  const key = committedKey(dek, DEK_LABEL);
  return readyBox(key, bind(VALUE_FORMAT, context, dekId(key)), ciphertext);
}

/** Seals a version's value under a DEK of its own. `plaintext` stays the caller's to zero. */
export function sealVersion(version: {
  readonly kek: Kek;
  readonly context: VersionContext;
  readonly plaintext: Uint8Array;
}): SealedVersion {
  const dek = mintKey();
  return {
    ciphertext: seal(dek, version.plaintext, version.context),
    wrappedKey: wrapKey(version.kek, dek, version.context),
  };
}

/** A version whose DEK is unwrapped, for many openings, in memory of its own. The value stays sealed. */
export type ReadyVersion = ReadyBox;

/** A version as it is stored, and what opens it. */
export interface VersionToOpen {
  readonly kek: Kek;
  readonly context: VersionContext;
  readonly ciphertext: Uint8Array;
  readonly wrappedKey: Uint8Array;
}

/** Unwraps the DEK of what {@link sealVersion} made for the same KEK and version, else throws DecryptionFailed. */
export function readyVersion({ kek: by, context, ciphertext, wrappedKey }: VersionToOpen): ReadyVersion {
  return keptBox(ready(unwrapKey(by, wrappedKey, context), ciphertext, context));
}

/** Opens a version that was made ready; throws DecryptionFailed where its ciphertext is not what was sealed. */
export function openReady(version: ReadyVersion): SecretBytes {
  return SecretBytes.take(openReadyBox(version));
}

/** Both in one. */
export function openVersion(version: VersionToOpen): SecretBytes {
  return openReady(readyVersion(version));
}

function bind(format: string, { workspace, secret, version }: VersionContext, keyId: string): Buffer {
  if (!Number.isSafeInteger(version) || version < 1) throw new TypeError('a version is a whole number from 1');
  return associatedData([format, workspace, secret, String(version), keyId, ALGORITHM]);
}

/**
 * A DEK's id is its commitment. The KEK's id stays out of the value, so a new KEK wraps the DEKs anew and leaves the
 * ciphertexts, and the digests of them in the events, as they are.
 */
function dekId(dek: CommittedKey): string {
  return dek.commitment.toString('hex');
}
