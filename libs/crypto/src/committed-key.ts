/** A key split in two, one to encrypt and one to commit: GCM alone lets one ciphertext open under two keys. */
import type { KeyObject } from 'node:crypto';
import { hkdfExpandSha512 } from './kdf.js';
import { KEY_LENGTH, takeKey } from './key.js';

export const COMMITMENT_LENGTH = 32;

/** An encryption key and the public 32 bytes that only this key has. Derived once per key, then used many times. */
export interface CommittedKey {
  readonly encryption: KeyObject;
  readonly commitment: Buffer;
}

/**
 * HKDF-Expand-SHA-512(key, label) = encryption key 32 ‖ commitment 32. Two keys with one commitment would be a
 * collision of the hash. Throws TypeError for a key that does not have 32 bytes.
 */
export function committedKey(key: KeyObject, label: string): CommittedKey {
  if (key.symmetricKeySize !== KEY_LENGTH) throw new TypeError(`a key has ${KEY_LENGTH} bytes`);
  const derived = hkdfExpandSha512(key, label);
  return { encryption: takeKey(derived.subarray(0, 32)), commitment: derived.subarray(32, 64) };
}
