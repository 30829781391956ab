/** Contexts: their encoding by hand, and that no two share one. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { associatedData } from './associated-data.js';

describe('associated data', () => {
  it('our own vector: length in 4 bytes, then UTF-8', () => {
    expect(associatedData(['ab', '', 'ü']).toString('hex')).toBe('0000000261620000000000000002c3bc');
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
