/**
 * The one ciphertext format of the vault, for values and wrapped keys alike:
 *
 *     format version 1 | key commitment 32 | nonce 12 | ciphertext, as long as the plaintext | tag 16
 */
import { randomBytes } from 'node:crypto';
import { aesGcmOpen, type AesGcmParameters, aesGcmSeal, NONCE_LENGTH, TAG_LENGTH } from './aes-gcm.js';
import { COMMITMENT_LENGTH, type CommittedKey } from './committed-key.js';
import { DecryptionFailed } from './decryption-failed.js';
import { timingSafeEqualBytes } from './digest.js';

const FORMAT_VERSION = 1;
const NONCE_AT = 1 + COMMITMENT_LENGTH;
const CIPHERTEXT_AT = NONCE_AT + NONCE_LENGTH;

/** How many bytes a box is longer than what lies in it: 61. */
export const BOX_OVERHEAD_LENGTH = CIPHERTEXT_AT + TAG_LENGTH;

/** Seals under a fresh random nonce, which allows about 2^32 boxes under one key. */
export function sealBox(key: CommittedKey, associatedData: Uint8Array, plaintext: Uint8Array): Buffer {
  const nonce = randomBytes(12);
  const sealed = aesGcmSeal({ key: key.encryption, nonce, associatedData }, plaintext);
  return Buffer.concat([Buffer.of(FORMAT_VERSION), key.commitment, nonce, sealed]);
}

/** A box whose form and commitment are as they should be; whether it opens shows when it is opened. */
export interface ReadyBox extends AesGcmParameters {
  readonly sealed: Uint8Array;
}

/** Makes a box ready to be opened often; throws {@link DecryptionFailed}. */
export function readyBox(key: CommittedKey, associatedData: Uint8Array, box: Uint8Array): ReadyBox {
  if (box.length < BOX_OVERHEAD_LENGTH || box[0] !== FORMAT_VERSION) throw new DecryptionFailed();
  if (!timingSafeEqualBytes(box.subarray(1, NONCE_AT), key.commitment)) throw new DecryptionFailed();
  const nonce = box.subarray(NONCE_AT, CIPHERTEXT_AT);
  return { key: key.encryption, nonce, associatedData, sealed: box.subarray(CIPHERTEXT_AT) };
}

/**
 * The same, in memory of its own: for keeping. Views keep alive all of what they were cut from: the pool of small
 * buffers, or what came over the network together with them.
 */
export function keptBox({ key, nonce, associatedData, sealed }: ReadyBox): ReadyBox {
  const parts = [nonce, associatedData, sealed];
  const bytes = Buffer.allocUnsafeSlow(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  const kept = (part: Uint8Array): Buffer => {
    bytes.set(part, at);
    return bytes.subarray(at, (at += part.length));
  };
  return { key, nonce: kept(nonce), associatedData: kept(associatedData), sealed: kept(sealed) };
}

/** Opens a box into a buffer that is the caller's to zero; throws {@link DecryptionFailed} for anything wrong. */
export function openReadyBox(box: ReadyBox): Buffer {
  return aesGcmOpen(box, box.sealed);
}

/** Both in one. */
export function openBox(key: CommittedKey, associatedData: Uint8Array, box: Uint8Array): Buffer {
  return openReadyBox(readyBox(key, associatedData, box));
}
