/** What the door takes for JSON, and what it refuses. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MalformedJson, parseJson } from './json.js';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('parseJson', () => {
  it('reads what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!/\\u0000|\\ud[89a-f]/i.test(text));
        expect(JSON.stringify(parseJson(bytes(text)))).toBe(text);
      }),
    );
  });

  it.each([
    ['broken', '{"a":'],
    ['empty', ''],
    ['the same key twice', '{"a":1,"a":2}'],
    ['the same key twice, once escaped', '{"a":1,"\\u0061":2}'],
    ['the same key twice, below', '[{"b":{"a":1,"x":[{}],"a":2}}]'],
    ['a lone surrogate', '"\\ud800"'],
    ['a lone surrogate as a key', '{"\\udc00":1}'],
    ['a NUL', '{"a":"\\u0000"}'],
    ['a byte order mark', '\ufeff{}'],
    ['nesting', '['.repeat(33) + ']'.repeat(33)],
  ])('refuses %s', (_, text) => {
    expect(() => parseJson(bytes(text))).toThrow(MalformedJson);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(MalformedJson);
  });

  it('lets the same key stand in two objects, and a brace stand in a string', () => {
    expect(parseJson(bytes('[{"a":"}{,\\"a\\":"},{"a":[1,"a","a"]}]'))).toEqual([
      { a: '}{,"a":' },
      { a: [1, 'a', 'a'] },
    ]);
  });

  it('never quotes the input', () => {
    expect(() => parseJson(bytes('{"value": sk-secret}'))).toThrow(/^(?!.*sk-secret)/);
  });
});
