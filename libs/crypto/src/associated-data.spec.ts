/** Contexts: their encoding by hand, and that no two share one. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { associatedData } from './associated-data.js';

describe('associated data', () => {
  it('our own vector: length in 4 bytes, then UTF-8', () => {
    expect(associatedData(['ab', '', 'ü']).toString('hex')).toBe('0000000261620000000000000002c3bc');
  });

  it('has that form for fields of any length, on either side of where one length has no ASCII any more', () => {
    const byHand = (field: string): Buffer => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(Buffer.byteLength(field));
      return Buffer.concat([length, Buffer.from(field)]);
    };
    const anyLength = fc
      .tuple(fc.constantFrom('a', '\x7f', 'ü'), fc.nat(300))
      .map(([unit, count]) => unit.repeat(count));
    fc.assert(
      fc.property(fc.array(anyLength, { maxLength: 4 }), (fields) => {
        expect(associatedData(fields).toString('hex')).toBe(Buffer.concat(fields.map(byHand)).toString('hex'));
      }),
      { examples: [[['a'.repeat(127)]], [['a'.repeat(128)]], [['a'.repeat(64), 'a'.repeat(256)]]] },
    );
  });

  it('tells any two contexts apart', () => {
    const fields = fc.array(fc.string({ unit: fc.constantFrom('a', '\0', 'ü', '😀'), maxLength: 3 }), { maxLength: 3 });
    fc.assert(
      fc.property(fields, fields, (a, b) => {
        const same = a.length === b.length && a.every((field, index) => field === b[index]);
        expect(associatedData(a).equals(associatedData(b))).toBe(same);
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses ill-formed Unicode, which UTF-8 would make equal', () => {
    expect(() => associatedData(['\ud800'])).toThrow(TypeError);
  });
});
