/** What is drawn, and how often. */
import { describe, expect, it } from '@jest/globals';
import { seeded } from '../promises/seeded.js';
import { zipf } from './zipf.js';

const drawn = (seed: string, { of, times }: { readonly of: number; readonly times: number }): readonly number[] => {
  const random = seeded(seed);
  const draw = zipf(of, () => random.uniform());
  return Array.from({ length: times }, draw);
};

describe('ranks by Zipf’s law', () => {
  it('are where the number falls in the table of sums', () => {
    // Of three ranks the weights are 1, 1/2 and 1/3, so the sums are 6/11, 9/11 and 1 of all.
    const numbers = [0, 5.9 / 11, 6.1 / 11, 8.9 / 11, 9.1 / 11, 1 - Number.EPSILON];
    const draw = zipf(3, () => numbers.shift() as number);
    expect(Array.from({ length: 6 }, draw)).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it('are the same of the same seed, and others of another', () => {
    const many = { of: 100_000, times: 1_000 };
    expect(drawn('one', many)).toEqual(drawn('one', many));
    expect(drawn('one', many)).not.toEqual(drawn('other', many));
  });

  it('are drawn as often as their weights say', () => {
    const [of, times] = [1_000, 200_000];
    const counts = Array.from({ length: of }, () => 0);
    for (const rank of drawn('often', { of, times })) counts[rank] = (counts[rank] as number) + 1;
    const total = Array.from({ length: of }, (_, rank) => 1 / (rank + 1)).reduce((sum, weight) => sum + weight, 0);
    for (const rank of [0, 1, 9, 99]) {
      const expected = times / (rank + 1) / total;
      // Five standard deviations of a count; the seed is fixed, so that it holds or does not for good.
      expect(Math.abs((counts[rank] as number) - expected)).toBeLessThan(5 * Math.sqrt(expected));
    }
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(times);
  });

  it('of one there is one', () => {
    expect(drawn('alone', { of: 1, times: 3 })).toEqual([0, 0, 0]);
  });

  it('of none, or of no whole number, cannot be drawn', () => {
    for (const count of [0, -1, 1.5, Number.NaN]) expect(() => zipf(count, () => 0)).toThrow(RangeError);
  });
});
