/** A canary that is searched for in too few forms would let a leak pass. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canarySecret, encodingsOf, findCanary } from './canary.js';
import type { CanaryEncoding, CanaryShape } from './canary.js';

const shapes: Readonly<Record<CanaryShape, RegExp>> = {
  openai: /^sk-proj-[A-Za-z0-9_-]{74}T3BlbkFJ[A-Za-z0-9_-]{74}$/,
  anthropic: /^sk-ant-api03-[\w-]{93}AA$/,
  groq: /^gsk_[a-zA-Z0-9]{52}$/,
  database: /^(?=.*")(?=.*')(?=.*\\)(?=.*[^\x00-\x7f]).{30,}$/u,
};

describe('a canary secret', () => {
  it.each(Object.keys(shapes) as CanaryShape[])('has the shape of %s and is the same for the same seed', (shape) => {
    const value = canarySecret(shape, 'seed 1');
    expect(value).toMatch(shapes[shape]);
    expect(canarySecret(shape, 'seed 1')).toBe(value);
  });

  it('is another one for another seed', () => {
    const values = Array.from({ length: 1_000 }, (_, n) => canarySecret('groq', `seed ${n}`));
    expect(new Set(values).size).toBe(1_000);
  });
});

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const text = fc.string({ unit: 'grapheme', minLength: 12, maxLength: 80 }).map((string) => Buffer.from(string));

/** How a leak comes about: the value amid other bytes, then encoded as a whole. */
const leaks: ReadonlyMap<string, (around: { before: Buffer; value: Buffer; after: Buffer }) => Buffer> = new Map([
  ['raw', ({ before, value, after }) => Buffer.concat([before, value, after])],
  ['json', ({ value }) => Buffer.from(JSON.stringify({ password: `postgres://${value.toString()}@host` }))],
  ['base64', ({ before, value, after }) => Buffer.from(Buffer.concat([before, value, after]).toString('base64'))],
  ['base64url', ({ before, value, after }) => Buffer.from(Buffer.concat([before, value, after]).toString('base64url'))],
  ['hex', ({ before, value, after }) => Buffer.from(Buffer.concat([before, value, after]).toString('hex'))],
  [
    'HEX',
    ({ before, value, after }) => Buffer.from(Buffer.concat([before, value, after]).toString('hex').toUpperCase()),
  ],
]);

describe('searching for canaries', () => {
  it.each([...leaks.keys()])('finds any value that leaked as %s, whatever stands around it', (form) => {
    const leak = leaks.get(form)!;
    fc.assert(
      fc.property(text, bytes(9), bytes(9), (value, before, after) => {
        const found = findCanary(leak({ before, value, after }), [value]);
        return found.some(({ encoding }) => encoding.startsWith(form));
      }),
    );
  });

  it('looks for base64 at all three offsets, each necessary', () => {
    const value = Buffer.from(canarySecret('openai', 'offsets'));
    const found = [0, 1, 2].map((offset) => {
      const haystack = Buffer.from(Buffer.concat([Buffer.alloc(offset, 'x'), value]).toString('base64url'));
      return findCanary(haystack, [value]).map(({ encoding }) => encoding);
    });
    expect(found.map((encodings) => encodings.filter((name) => name.startsWith('base64url')))).toEqual([
      ['base64url+0'],
      ['base64url+1'],
      ['base64url+2'],
    ]);
  });

  it('says which canary was found, how and where', () => {
    const [groq, database] = [canarySecret('groq', 'where'), canarySecret('database', 'where')];
    const haystack = Buffer.from(`{"log":${JSON.stringify(database)}}`);
    expect(findCanary(haystack, [Buffer.from(groq), Buffer.from(database)])).toEqual([
      { canary: 1, encoding: 'json', offset: 8 },
    ]);
  });

  it('finds nothing where nothing leaked', () => {
    const present = canarySecret('anthropic', 'present');
    const absent = Buffer.from(canarySecret('anthropic', 'absent'));
    expect(findCanary(Buffer.from(`${present}${Buffer.from(present).toString('base64')}`), [absent])).toEqual([]);
  });

  it('searches for at least eleven characters of a value of twelve bytes, so that chance finds nothing', () => {
    const lengths = [...encodingsOf(Buffer.alloc(12, 'k'))].map(([, needle]) => needle.length);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(11);
  });

  it('names every encoding it searches for', () => {
    const names: readonly CanaryEncoding[] = [...encodingsOf(Buffer.from('value')).keys()];
    expect(names).toHaveLength(10);
  });
});
