/** UUIDv7: the form of RFC 9562 and the order of what one process makes. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { uuidv7, uuidv7Sequence } from './uuidv7.js';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('uuidv7', () => {
  it('puts the time of the example in RFC 9562, appendix A.6, where it stands there', () => {
    expect(uuidv7Sequence()(0x017f22e279b0)).toMatch(/^017f22e2-79b0-7/);
  });

  it('takes the current time by default', () => {
    const before = Date.now();
    const id = uuidv7();
    const time = Number.parseInt(id.replace('-', '').slice(0, 12), 16);
    expect(id).toMatch(UUID_V7);
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now());
  });

  it('has the form and ascends, also when the clock stands still or steps back', () => {
    const clock = fc.array(fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 2 ** 31 })), { minLength: 2, maxLength: 50 });
    fc.assert(
      fc.property(clock, (times) => {
        const ids = times.map(uuidv7Sequence());
        expect(ids.every((id) => UUID_V7.test(id))).toBe(true);
        expect([...new Set(ids)].toSorted()).toEqual(ids);
      }),
    );
  });

  it('ascends through 10,000 ids of one millisecond, more than the counter holds', () => {
    const next = uuidv7Sequence();
    const ids = Array.from({ length: 10_000 }, () => next(1));
    expect([...new Set(ids)].toSorted()).toEqual(ids);
  });

  it('does not repeat what another process makes in the same millisecond', () => {
    expect(uuidv7Sequence()(1)).not.toBe(uuidv7Sequence()(1));
  });

  it.each([-1, 0.5, NaN, Infinity, 2 ** 48])('refuses %d as a time', (nowMs) => {
    expect(() => uuidv7Sequence()(nowMs)).toThrow(RangeError);
  });
});
