/** Random bytes for what is no secret, nonces, salts and ids: drawn in bulk, for a call costs more than its bytes. */
import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 8_192;

const pool = Buffer.allocUnsafeSlow(POOL_BYTES);
let taken = POOL_BYTES;

/**
 * At most 1,024 of them, from the system's generator. Never for keys: bytes that nobody has been given yet lie in
 * memory. Throws RangeError for other counts.
 */
export function publicRandomBytes(count: number): Buffer {
  if (!Number.isInteger(count) || count < 0 || count > POOL_BYTES / 8)
    throw new RangeError('a nonce or a salt is short');
  if (taken + count > POOL_BYTES) {
    randomFillSync(pool);
    taken = 0;
  }
  const bytes = Buffer.from(pool.subarray(taken, taken + count));
  // Whatever goes wrong later, nothing is handed out twice.
  pool.fill(0, taken, taken + count);
  taken += count;
  return bytes;
}

let digits = '';
let given = 0;

/** Up to 1,024 hexadecimal digits, of the same kind. */
export function publicRandomDigits(count: number): string {
  if (given + count > digits.length) {
    digits = publicRandomBytes(POOL_BYTES / 8).toString('hex');
    given = 0;
  }
  return digits.slice(given, (given += count));
}
