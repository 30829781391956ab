/** Keyed fingerprints of values: equal values are seen to be equal, and nobody without the key can try guesses. */
import type { KeyObject } from 'node:crypto';
import { hmacSha256 } from './digest.js';

export const FINGERPRINT_LABEL = 'keytrail/fingerprint/v1\0';

/**
 * HMAC-SHA-256(key, label ‖ bytes) in 64 lower-case hexadecimal digits. `key`: the workspace's fingerprint key, used
 * for nothing else, so fingerprints cannot be compared across workspaces.
 */
export function fingerprint(key: KeyObject, bytes: Uint8Array): string {
  return hmacSha256(key, FINGERPRINT_LABEL, bytes).toString('hex');
}
