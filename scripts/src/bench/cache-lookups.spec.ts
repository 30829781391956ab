/** What pages of metrics tell of caches. */
import { expect, it } from '@jest/globals';
import { cacheLookupsIn, hitRatio } from './cache-lookups.js';

const page = (lookups: Readonly<Record<string, readonly [number, number]>>): string =>
  [
    '# HELP keytrail_cache_lookups_total Look-ups.',
    'keytrail_relay_lag_seconds 0.25',
    ...Object.entries(lookups).flatMap(([cache, [hits, misses]]) => [
      `keytrail_cache_lookups_total{cache="${cache}",outcome="hit"} ${hits}`,
      `keytrail_cache_lookups_total{cache="${cache}",outcome="miss"} ${misses}`,
    ]),
  ].join('\n');

it('look-ups of secrets and of their versions count, and no others', () => {
  expect(cacheLookupsIn(page({ secrets: [10, 1], versions: [20, 2], decisions: [400, 400] }))).toEqual({
    hits: 30,
    misses: 3,
  });
});

it('a page without them tells nothing', () => {
  expect(cacheLookupsIn(page({}))).toBeNull();
});

it('the ratio is of what was looked up between two pages', () => {
  const before = cacheLookupsIn(page({ secrets: [100, 100], versions: [0, 0] }));
  const after = cacheLookupsIn(page({ secrets: [160, 110], versions: [60, 70] }));
  expect(hitRatio(before, after)).toBe(0.6);
  expect(hitRatio(null, after)).toBe(0.55);
});

it('there is no ratio of nothing', () => {
  const lookups = cacheLookupsIn(page({ secrets: [5, 5] }));
  expect(hitRatio(lookups, lookups)).toBeNull();
  expect(hitRatio(lookups, null)).toBeNull();
});
