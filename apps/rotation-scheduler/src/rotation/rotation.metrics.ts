/** Metrics of rotations: how they end, and what is behind its time. */
import type { Code } from '@keytrail/contracts';
import type { Metrics } from '@keytrail/service';

/** Called once for each end of a run: `ok`, or why it failed. */
export type OnEnded = (code: Code | 'ok') => void;

/** `overdue` is asked at each scrape; it may reject. */
export function rotationMetrics(metrics: Metrics, overdue: () => Promise<number>): OnEnded {
  metrics.read(
    { name: 'keytrail_rotation_overdue_items', help: 'Policies whose moment has passed.', labels: [] },
    async () => [{ labels: {}, value: await overdue() }],
  );
  const ended = metrics.counter({
    name: 'keytrail_rotation_ended_total',
    help: 'Rotations that this process has brought to an end, by the code of their failure or ok.',
    labels: ['code'],
  });
  return (code) => ended.inc({ code });
}
