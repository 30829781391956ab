/** Metrics of what a process keeps in memory so that it need not ask for it again. */
import type { Metrics } from './metrics.js';

/** `hits` and `misses` count look-ups since the start; `bytes` is what is held now, as far as it can be estimated. */
export interface CacheReadings {
  readonly hits: number;
  readonly misses: number;
  readonly bytes: number;
}

/** By the name of the cache. They are read at a scrape, so that a look-up costs no more than adding one. */
export type Caches = Readonly<Record<string, { readings(): CacheReadings }>>;

export function cacheMetrics(metrics: Metrics, caches: Caches): void {
  const all = () => Object.entries(caches).map(([cache, of]) => ({ cache, ...of.readings() }));
  metrics.read(
    {
      name: 'keytrail_cache_lookups_total',
      help: 'Look-ups in a cache, and whether something was there.',
      labels: ['cache', 'outcome'],
    },
    () =>
      all().flatMap(({ cache, hits, misses }) => [
        { labels: { cache, outcome: 'hit' }, value: hits },
        { labels: { cache, outcome: 'miss' }, value: misses },
      ]),
  );
  metrics.read(
    { name: 'keytrail_cache_bytes', help: 'What a cache takes in memory, estimated.', labels: ['cache'] },
    () => all().map(({ cache, bytes }) => ({ labels: { cache }, value: bytes })),
  );
}
