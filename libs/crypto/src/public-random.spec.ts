/** Random bytes that are drawn in bulk are still others each time. */
import { expect, it } from '@jest/globals';
import { publicRandomBytes, publicRandomDigits } from './public-random.js';

it('gives as many as asked for, none of them twice, over many refills', () => {
  const drawn = Array.from({ length: 5_000 }, (_, n) => publicRandomBytes(12 + (n % 5)));
  expect(drawn.every(({ length }, n) => length === 12 + (n % 5))).toBe(true);
  expect(new Set(drawn.map((bytes) => bytes.toString('hex'))).size).toBe(drawn.length);
});

it('gives bytes of the caller’s own', () => {
  const [first, second] = [publicRandomBytes(16), publicRandomBytes(16)];
  const before = second.toString('hex');
  first.fill(0);
  publicRandomBytes(16).fill(0);
  expect(second.toString('hex')).toBe(before);
});

it('has every value for every byte, in each half of its range as often', () => {
  const bytes = Buffer.concat(Array.from({ length: 4_096 }, () => publicRandomBytes(16)));
  const high = bytes.filter((byte) => byte >= 128).length;
  expect(new Set(bytes).size).toBe(256);
  expect(Math.abs(high / bytes.length - 0.5)).toBeLessThan(0.02);
});

it.each([1_025, -1, 0.5, Number.NaN])('is not asked for %d', (count) => {
  expect(() => publicRandomBytes(count)).toThrow(RangeError);
});

it('gives digits by the number asked for, each of the sixteen as often, over many refills', () => {
  const drawn = Array.from({ length: 5_000 }, (_, n) => publicRandomDigits(12 + (n % 5)));
  const digits = [...drawn.join('')];
  expect(drawn.every((text, n) => text.length === 12 + (n % 5) && /^[0-9a-f]+$/.test(text))).toBe(true);
  expect(new Set(drawn).size).toBe(drawn.length);
  const often = [...'0123456789abcdef'].map((digit) => digits.filter((each) => each === digit).length);
  expect(Math.min(...often) / Math.max(...often)).toBeGreaterThan(0.8);
});
