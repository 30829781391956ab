/** Minted names: their form, and that no character is favoured. */
import { describe, expect, it } from '@jest/globals';
import { mintConn, mintPrincipal, randomName } from './mint.js';

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
