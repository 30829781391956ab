/** Ids that sort by the time they were made: UUIDv7 (RFC 9562, section 5.7). */
import { randomUUID } from 'node:crypto';

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
    const random = randomUUID();
    if (nowMs > lastMs || count === LAST_COUNT) {
      lastMs = Math.max(nowMs, lastMs + 1);
      // Half of the counter stays free, so that a burst in one millisecond has room to count.
      count = Number.parseInt(random.slice(0, 3), 16) >> 1;
      const digits = hex(lastMs, 12);
      time = `${digits.slice(0, 8)}-${digits.slice(8)}`;
    } else {
      count++;
    }
    // The tail of a version 4 UUID is what version 7 wants there: the variant and 62 random bits.
    return `${time}-7${hex(count, 3)}-${random.slice(19)}`;
  };
}

function hex(value: number, width: number): string {
  return value.toString(16).padStart(width, '0');
}

/** A new UUIDv7 in lower case, above every earlier one of this process. `nowMs`: epoch milliseconds. */
export const uuidv7 = uuidv7Sequence();
