/** Keys from keys and keys from passphrases: HKDF (RFC 5869) and PBKDF2 (RFC 8018). */
import { createHmac, hkdfSync, pbkdf2, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

const stretch = promisify(pbkdf2);

/** HKDF-SHA-256, extract and expand: `length` bytes from a key and a salt. `info` names what they are for. */
export function hkdfSha256(
  key: KeyObject,
  { salt, info, length }: { readonly salt: Uint8Array; readonly info: Uint8Array | string; readonly length: number },
): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, info, length));
}

/**
 * The expand half of HKDF-SHA-512, its first block: 64 bytes from a key that is uniform already (RFC 5869, 3.3). One
 * HMAC, a third of the time of {@link hkdfSha256}: each read of a secret derives from a key that it meets only once.
 */
export function hkdfExpandSha512(key: KeyObject, info: string): Buffer {
  return createHmac('sha512', key).update(`${info}\x01`).digest();
}

/** PBKDF2-HMAC-SHA-256, off the event loop: `length` bytes from a passphrase. */
export function pbkdf2Sha256(
  passphrase: Uint8Array,
  { salt, iterations, length }: { readonly salt: Uint8Array; readonly iterations: number; readonly length: number },
): Promise<Buffer> {
  return stretch(passphrase, salt, iterations, length, 'sha256');
}
