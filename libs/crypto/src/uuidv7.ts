/** Ids that sort by the time they were made: UUIDv7 (RFC 9562, section 5.7). */
import { publicRandomDigits } from './public-random.js';

const LAST_MS = 2 ** 48 - 1;
const LAST_COUNT = 0xfff;

/**
 * A generator whose ids ascend strictly as text, also within one millisecond and when the clock steps back: a 12-bit
 * counter with a random start stands in `rand_a` (RFC 9562, section 6.2, method 1); past its end the next millisecond
 * is borrowed.
 */
export function uuidv7Sequence(): (nowMs?: number) => string {
  let lastMs = -1;
  let count = 0;
  let time = '';
  return (nowMs = Date.now()) => {
    if (!Number.isInteger(nowMs) || nowMs < 0 || nowMs > LAST_MS)
      throw new RangeError('nowMs is not epoch milliseconds');
    if (nowMs > lastMs || count === LAST_COUNT) {
      lastMs = Math.max(nowMs, lastMs + 1);
      // Half of the counter stays free, so that a burst in one millisecond has room to count.
      count = Number.parseInt(publicRandomDigits(3), 16) >> 1;
      const digits = lastMs.toString(16).padStart(12, '0');
      time = `${digits.slice(0, 8)}-${digits.slice(8)}`;
    } else {
      count++;
    }
    return `${time}-7${COUNTS[count]}-${variant()}${publicRandomDigits(3)}-${publicRandomDigits(12)}`;
  };
}

/** In three hexadecimal digits. */
const COUNTS = Array.from({ length: LAST_COUNT + 1 }, (_, count) => count.toString(16).padStart(3, '0'));

/** The digit that tells the form (RFC 9562, section 4.1), with two random bits. */
const variant = (): string => '89ab'[Number.parseInt(publicRandomDigits(1), 16) & 3] as string;

/** A new UUIDv7 in lower case, above every earlier one of this process. `nowMs`: epoch milliseconds. */
export const uuidv7 = uuidv7Sequence();
