/** AES-256-GCM (NIST SP 800-38D) as it is used here: 12-byte nonce, 16-byte tag behind the ciphertext, nothing else. */
import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { DecryptionFailed } from './decryption-failed.js';

/** How contexts name it. */
export const ALGORITHM = 'AES-256-GCM';
export const NONCE_LENGTH = 12;
export const TAG_LENGTH = 16;

/** What both directions need: a 32-byte key, a nonce never used twice with it, and the data bound to the ciphertext. */
export interface AesGcmParameters {
  readonly key: KeyObject;
  readonly nonce: Uint8Array;
  readonly associatedData: Uint8Array;
}

/** Encrypts to ciphertext and tag, as long as the plaintext and 16 bytes more. */
export function aesGcmSeal(parameters: AesGcmParameters, plaintext: Uint8Array): Buffer {
  return Buffer.concat(sealedParts(parameters, plaintext));
}

/** The same, behind its nonce. Of a text its UTF-8 is sealed, of which there is no other copy then. */
export function aesGcmSealBehindNonce(parameters: AesGcmParameters, plaintext: Uint8Array | string): Buffer {
  return Buffer.concat([parameters.nonce, ...sealedParts(parameters, plaintext)]);
}

/** Ciphertext and tag. GCM is a stream: its end adds nothing to the ciphertext. */
function sealedParts({ key, nonce, associatedData }: AesGcmParameters, plaintext: Uint8Array | string): Buffer[] {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 }).setAAD(associatedData);
  const ciphertext = typeof plaintext === 'string' ? cipher.update(plaintext, 'utf8') : cipher.update(plaintext);
  cipher.final();
  return [ciphertext, cipher.getAuthTag()];
}

/** Opens what {@link aesGcmSeal} made; throws {@link DecryptionFailed} and leaves no unverified byte behind. */
export function aesGcmOpen({ key, nonce, associatedData }: AesGcmParameters, sealed: Uint8Array): Buffer {
  const end = sealed.length - TAG_LENGTH;
  if (end < 0) throw new DecryptionFailed();
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 })
    .setAAD(associatedData)
    .setAuthTag(sealed.subarray(end));
  const plaintext = decipher.update(sealed.subarray(0, end));
  try {
    decipher.final();
  } catch {
    plaintext.fill(0);
    throw new DecryptionFailed();
  }
  return plaintext;
}
