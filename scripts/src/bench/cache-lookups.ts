/** How often the vault found in memory what an access needs, told by two of its pages of metrics. */
import { samplesOf } from '@keytrail/testing';

const LOOKUPS = 'keytrail_cache_lookups_total';
/** The streams of secrets, folded; and their sealed versions. */
const CACHES: readonly string[] = ['secrets', 'versions'];

/** Counts of look-ups since the vault began. */
export interface CacheLookups {
  readonly hits: number;
  readonly misses: number;
}

/** Null where the page tells none. */
export function cacheLookupsIn(page: string): CacheLookups | null {
  const told = samplesOf(page).filter(({ name, labels }) => name === LOOKUPS && CACHES.includes(labels['cache'] ?? ''));
  const of = (outcome: string) =>
    told.filter(({ labels }) => labels['outcome'] === outcome).reduce((sum, { value }) => sum + value, 0);
  return told.length === 0 ? null : { hits: of('hit'), misses: of('miss') };
}

/** The share of the look-ups between two pages that were served from memory, 0 to 1; null where none is told. */
export function hitRatio(before: CacheLookups | null, after: CacheLookups | null): number | null {
  if (after === null) return null;
  // What was never looked up yet need not be on a page.
  const hits = after.hits - (before?.hits ?? 0);
  const all = hits + after.misses - (before?.misses ?? 0);
  return all === 0 ? null : Math.round((hits / all) * 10_000) / 10_000;
}
