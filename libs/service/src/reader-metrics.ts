/** Metrics of the streams that a process reads. */
import type { Consumption } from '@keytrail/nats';
import type { Metrics } from './metrics.js';

/** One stream that is read. */
export interface FollowedStream {
  /** Whose stream it is. */
  readonly service: string;
  readonly consumption: Pick<Consumption, 'status' | 'progress'>;
  /** How many of its events are set aside because their effect failed; may reject. */
  readonly parked?: () => Promise<number>;
}

type ReadStream = (stream: FollowedStream) => number | null | Promise<number | null>;

export function readerMetrics(metrics: Metrics, streams: readonly FollowedStream[]): void {
  const read = (name: string, help: string, value: ReadStream): void =>
    metrics.read({ name, help, labels: ['service'] }, () =>
      Promise.all(streams.map(async (stream) => ({ labels: { service: stream.service }, value: await value(stream) }))),
    );
  read('keytrail_reader_following_state', '1 while nothing is in the way of reading.', ({ consumption }) =>
    Number(consumption.status().state === 'following'),
  );
  read(
    'keytrail_reader_handled_events',
    'The ordinal of the last event that was handled.',
    ({ consumption }) => consumption.progress().ordinal,
  );
  read(
    'keytrail_reader_pending_events',
    'Events in the stream behind the last that was handled.',
    ({ consumption }) => consumption.progress().pendingEvents,
  );
  read('keytrail_reader_event_age_seconds', 'Since the last handled event came into the stream.', ({ consumption }) =>
    ageSeconds(consumption.progress().storedMs),
  );
  read(
    'keytrail_reader_retries_total',
    'How often reading was interrupted and tried again.',
    ({ consumption }) => consumption.progress().retries,
  );
  read('keytrail_reader_parked_events', 'Events that are set aside because their effect failed.', ({ parked }) =>
    parked === undefined ? null : parked(),
  );
}

const ageSeconds = (storedMs: number | null): number | null =>
  storedMs === null ? null : Math.max(0, (Date.now() - storedMs) / 1_000);
