/** Minted names: their form, and that no character is favoured. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mintConn, mintPrincipal, principalFrom, randomName } from './mint.js';

describe('minted names', () => {
  it('have the form of a subject token', () => {
    expect(mintPrincipal()).toMatch(/^[a-z0-9]{26}$/);
    expect(mintConn()).toMatch(/^[a-z0-9]{22}$/);
  });

  it('differ', () => {
    expect(new Set(Array.from({ length: 1000 }, mintPrincipal)).size).toBe(1000);
  });

  it('use each character equally often', () => {
    const draws = 360_000;
    const counts = new Map<string, number>();
    for (const character of randomName(draws)) counts.set(character, (counts.get(character) ?? 0) + 1);
    expect(counts.size).toBe(36);
    // Six standard deviations: chance exceeds it once in ten million runs; byte % 36 would miss by fourteen.
    for (const count of counts.values()) expect(Math.abs(count - draws / 36)).toBeLessThan(6 * Math.sqrt(draws / 36));
  });
});

describe('the principal of a name', () => {
  const texts = fc.array(fc.string({ unit: fc.constantFrom('a', '\0', 'ü', '😀'), maxLength: 3 }), { maxLength: 3 });

  it('is always the same, and has the form of a principal', () => {
    fc.assert(
      fc.property(texts, (fields) => {
        expect(principalFrom(...fields)).toMatch(/^[a-z0-9]{26}$/);
        expect(principalFrom(...fields)).toBe(principalFrom(...fields));
      }),
    );
  });

  it('our own vector', () => {
    expect(principalFrom('https://issuer.example', 'somebody')).toBe('cyx6iaczvz8g18ygcft22trozu');
  });

  it('is that of no other name', () => {
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        const same = a.length === b.length && a.every((field, index) => field === b[index]);
        expect(principalFrom(...a) === principalFrom(...b)).toBe(same);
      }),
      { numRuns: 1000 },
    );
  });

  it('has each character equally often at each place', () => {
    const names = Array.from({ length: 18_000 }, (_, n) => principalFrom('somebody', String(n)));
    for (let place = 0; place < 26; place++) {
      const counts = new Map<string, number>();
      for (const name of names) counts.set(name.charAt(place), (counts.get(name.charAt(place)) ?? 0) + 1);
      expect(counts.size).toBe(36);
      // Six standard deviations: nothing is drawn here, so that this either always holds or never.
      for (const count of counts.values()) expect(Math.abs(count - 500)).toBeLessThan(6 * Math.sqrt(500));
    }
  });

  it('is none for ill-formed Unicode, of which UTF-8 would make two names one', () => {
    expect(() => principalFrom('\ud800')).toThrow(TypeError);
  });
});
