/** Metrics of a relay, as its own process sees it. */
import type { Relay } from '@keytrail/nats';
import type { Metrics } from './metrics.js';

/** What is known to the leader alone is not told by the others. */
export function relayMetrics(metrics: Metrics, relay: Pick<Relay, 'status' | 'lag' | 'rebuilt'>): void {
  const read = (name: string, help: string, value: () => number | null): void =>
    metrics.read({ name, help, labels: [] }, () => [{ labels: {}, value: value() }]);
  const stateIs = (state: string): boolean => relay.status().state === state;
  const lagSeconds = (lagMs: number | null): number | null => (lagMs === null ? null : lagMs / 1_000);

  read('keytrail_relay_leading_state', '1 while this process publishes.', () => Number(stateIs('leading')));
  read('keytrail_relay_stopped_state', '1 once stream and journal contradict each other.', () =>
    Number(stateIs('stopped')),
  );
  read('keytrail_relay_published_events', 'The ordinal of the last event in the stream.', () =>
    stateIs('leading') ? relay.status().ordinal : null,
  );
  read('keytrail_relay_lag_seconds', 'How long the oldest event that is being published has waited.', () =>
    lagSeconds(relay.lag()),
  );
  read('keytrail_relay_rebuilt_total', 'How often this process has thrown a damaged stream away and refilled it.', () =>
    relay.rebuilt(),
  );
}
