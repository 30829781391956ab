/** Digests, comparison in constant time, and random bytes. */
import { createHmac, hash, randomBytes as random, timingSafeEqual, type KeyObject } from 'node:crypto';

/** SHA-256 (FIPS 180-4): 32 bytes. Of a text its UTF-8. */
export function sha256(bytes: Uint8Array | string): Buffer {
  return hash('sha256', bytes, 'buffer');
}

/** SHA-256 in 64 lower-case hexadecimal digits. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return hash('sha256', bytes, 'hex');
}

/** HMAC-SHA-256 (RFC 2104) over the parts, one after the other: 32 bytes. */
export function hmacSha256(key: KeyObject, ...parts: readonly (Uint8Array | string)[]): Buffer {
  return hmacOver(key, parts).digest();
}

/** The same in 43 characters of base64url: a text costs half of what a buffer does. */
export function hmacSha256Text(key: KeyObject, ...parts: readonly (Uint8Array | string)[]): string {
  return hmacOver(key, parts).digest('base64url');
}

function hmacOver(key: KeyObject, parts: readonly (Uint8Array | string)[]) {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac;
}

/** Whether both hold the same bytes. The time tells their lengths, never where they differ. */
export function timingSafeEqualBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** `count` bytes from the system's generator. */
export function randomBytes(count: number): Buffer {
  return random(count);
}
