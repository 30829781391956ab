/** What the vault may be told of its memory. */
import { describe, expect, it } from '@jest/globals';
import { cacheLimits } from './cache-limits.js';
import { VaultEnvironment } from './vault.environment.js';

const { KEYTRAIL_CACHE_MIB } = VaultEnvironment.shape;

describe('the room for what is kept in memory', () => {
  it.each([
    ['64', 64],
    ['2048', 2_048],
    [undefined, undefined],
  ])('may be given as %s', (said, mib) => {
    expect(KEYTRAIL_CACHE_MIB.parse(said)).toBe(mib);
  });

  it.each(['63', '0', '-64', '64.5', '1e3', 'much', '64 MiB', '9999999'])('may not be given as %s', (said) => {
    expect(KEYTRAIL_CACHE_MIB.safeParse(said).success).toBe(false);
  });

  it.each([
    [undefined, 384],
    [64, 64],
    [2_048, 2_048],
  ])('is shared out: of %s, %d MiB', (said, mib) => {
    const parts = Object.values(cacheLimits(said));
    expect(parts.reduce((sum, bytes) => sum + bytes, 0)).toBe(mib * 1_024 * 1_024);
    expect(parts.every((bytes) => Number.isSafeInteger(bytes) && bytes > 0)).toBe(true);
  });
});
