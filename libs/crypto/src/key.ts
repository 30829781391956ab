/** Symmetric keys: 32 bytes that live as KeyObject, outside the garbage-collected heap. */
import { createSecretKey, randomFillSync, type KeyObject } from 'node:crypto';

/** Other rooms may not import `node:crypto`, but they hold keys. */
export type { KeyObject };

export const KEY_LENGTH = 32;

/** A new random key. */
export function mintKey(): KeyObject {
  return takeKey(randomFillSync(Buffer.allocUnsafeSlow(32)));
}

/** Makes a key of 32 bytes and zeroes them: the caller gives them up. Throws TypeError for another length. */
export function takeKey(bytes: Buffer): KeyObject {
  if (bytes.length !== KEY_LENGTH) throw new TypeError(`a key has ${KEY_LENGTH} bytes`);
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}
