/** Random text: its form, that no character is favoured, and that it can be zeroed. */
import { describe, expect, it } from '@jest/globals';
import { randomText } from './random-text.js';

const PRINTABLE = Array.from({ length: 94 }, (_, i) => String.fromCharCode(0x21 + i)).join('');

describe('random text', () => {
  it.each([
    [1, '01'],
    [8, 'abcdefghij'],
    [1_024, PRINTABLE],
  ])('has %d characters of %s', (length, alphabet) => {
    using text = randomText(length, alphabet);
    expect(text.length).toBe(length);
    expect([...text.bytes.toString('latin1')].filter((character) => !alphabet.includes(character))).toEqual([]);
  });

  it.each(['01', 'abc', PRINTABLE, '~!a'])('of %s uses each character equally often', (alphabet) => {
    const draws = 10_000 * alphabet.length;
    using text = randomText(draws, alphabet);
    const counts = new Map<number, number>();
    for (const byte of text.bytes) counts.set(byte, (counts.get(byte) ?? 0) + 1);
    expect(counts.size).toBe(alphabet.length);
    // Six standard deviations; byte % 94 would give the first letters half as much again.
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(600);
  });

  it('is another one each time', () => {
    const texts = Array.from({ length: 1_000 }, () => {
      using text = randomText(20, PRINTABLE);
      return text.bytes.toString('latin1');
    });
    expect(new Set(texts).size).toBe(1_000);
  });

  it('is zeroed when it is no longer needed', () => {
    const text = randomText(32, PRINTABLE);
    const { bytes } = text;
    text.destroy();
    expect(bytes.equals(Buffer.alloc(32))).toBe(true);
  });

  it.each([
    ['one letter', 'a'],
    ['a letter twice', 'aba'],
    ['what is no ASCII', 'aé'],
    ['nothing', ''],
  ])('cannot be made of %s', (_, alphabet) => {
    expect(() => randomText(8, alphabet)).toThrow(RangeError);
  });
});
