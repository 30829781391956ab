/** Metrics of a journal's queues, and of what holds its readers back. */
import type { HorizonHolder, ObserveQueue } from '@keytrail/postgres';
import { BATCH_ITEMS, COMMIT_SECONDS } from './buckets.js';
import type { Metrics } from './metrics.js';

/** For `observe` of every journal of the process. */
export function journalMetrics(metrics: Metrics): ObserveQueue {
  const queues = new Map<string, () => number>();
  metrics.read(
    { name: 'keytrail_journal_queue_items', help: 'Items that wait for the next commit.', labels: ['journal'] },
    () => [...queues].map(([journal, queued]) => ({ labels: { journal }, value: queued() })),
  );
  const items = metrics.histogram(
    { name: 'keytrail_journal_commit_items', help: 'Items that were committed together.', labels: ['journal'] },
    BATCH_ITEMS,
  );
  const seconds = metrics.histogram(
    { name: 'keytrail_journal_commit_seconds', help: 'How long a commit took.', labels: ['journal'] },
    COMMIT_SECONDS,
  );
  const refused = metrics.counter({
    name: 'keytrail_journal_refused_total',
    help: 'Items that were not committed: the queue was full, the deadline passed in it, or the commit failed.',
    labels: ['journal', 'cause'],
  });
  return (journal, queued) => {
    queues.set(journal, queued);
    return {
      committed: (count, durationMs) => {
        items.observe({ journal }, count);
        seconds.observe({ journal }, durationMs / 1_000);
      },
      refused: (cause, count) => refused.inc({ journal, cause }, count),
    };
  };
}

/** What the database says of its own accord; each may reject. */
export interface HorizonReaders {
  /** The open transaction that holds back everybody who reads the journal in order; null for none. */
  readonly holder: () => Promise<HorizonHolder | null>;
  /** How long the oldest event has waited to be published, in seconds. */
  readonly unpublished: () => Promise<number>;
}

/** Asks the database at each scrape. */
export function horizonMetrics(metrics: Metrics, { holder, unpublished }: HorizonReaders): void {
  metrics.read(
    {
      name: 'keytrail_postgres_horizon_seconds',
      help: 'Age of the oldest write transaction of the cluster, behind which no relay reads, and whose it is.',
      labels: ['holder'],
    },
    async () => {
      const found = await holder();
      return [{ labels: { holder: found?.holder ?? 'none' }, value: found?.ageSeconds ?? 0 }];
    },
  );
  metrics.read(
    {
      name: 'keytrail_journal_unpublished_seconds',
      help: 'How long the oldest event of the journal has waited to be published, whoever relays it.',
      labels: [],
    },
    async () => [{ labels: {}, value: await unpublished() }],
  );
}
