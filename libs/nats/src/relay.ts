/** Copies a service's journal into its stream: one leader at a time, in order, nothing skipped and nothing doubled. */
import type { Service } from '@keytrail/contracts';
import type { JournalReader, RelayMarks } from '@keytrail/eventsourcing';
import type { BusConnection } from './connect.js';
import { eventStream } from './event-stream.js';
import type { Log } from './log.js';
import { doorbell, pause } from './pause.js';
import { RelayDiverged, RelayLeader } from './relay-leader.js';

const MAX_AGE_MS = 30 * 24 * 60 * 60 * 1_000;
const CANDIDATE_RETRY_MS = 1_000;

export interface RelayOptions {
  readonly service: Service;
  readonly reader: JournalReader;
  readonly marks: RelayMarks;
  /** To the account of events, as the service's publisher. */
  readonly connection: BusConnection;
  readonly log: Log;
  /** How long the stream keeps a message; 30 days by default. Another value than before makes it be filled anew. */
  readonly maxAgeMs?: number;
}

/**
 * `standby`: another process leads, or will. `stopped`: stream and journal contradict each other (such as after a
 * restore
 * of the journal) and an operator has to decide; a restart looks again.
 */
export interface RelayStatus {
  readonly state: 'standby' | 'leading' | 'stopped';
  /** The last event that stands in the stream, as far as this process knows. */
  readonly ordinal: number;
  /** Why it has stopped. */
  readonly reason?: string;
}

export interface Relay {
  /** Says that the journal has something new. */
  nudge(): void;
  /** How long the oldest event that is being published has waited, in ms; 0 when none waits, null unless leading. */
  lag(): number | null;
  /** How often this process has thrown a damaged stream away and filled it again. */
  rebuilt(): number;
  status(): RelayStatus;
  /** Gives up leadership once the batch in hand is done. */
  stop(): Promise<void>;
}

export function relay(options: RelayOptions): Relay {
  const { service, log, marks, maxAgeMs = MAX_AGE_MS } = options;
  const bell = doorbell();
  const stopping = new AbortController();
  let status: RelayStatus = { state: 'standby', ordinal: 0 };
  let waitingSinceMs: number | null = null;
  let rebuilt = 0;

  const lead = async (signal: AbortSignal): Promise<void> => {
    status = { ...status, state: 'leading' };
    const onProgress = (ordinal: number, sinceMs: number | null): void => {
      status = { state: 'leading', ordinal };
      waitingSinceMs = sinceMs;
    };
    try {
      const stream = await eventStream({ ...options, maxAgeMs });
      const onRebuild = (): void => void rebuilt++;
      await new RelayLeader({ ...options, stream, bell, maxAgeMs, onProgress, onRebuild }).run(signal);
    } catch (error) {
      if (!(error instanceof RelayDiverged)) throw error;
      status = { state: 'stopped', ordinal: status.ordinal, reason: error.message };
      log.error({ err: error, service }, 'the relay has stopped: an operator must compare stream and journal');
      stopping.abort();
    } finally {
      if (status.state === 'leading') status = { ...status, state: 'standby' };
    }
  };

  const running = (async () => {
    while (!stopping.signal.aborted) {
      await marks.lead(lead, stopping.signal).catch((error: unknown) => {
        log.warn({ err: error, service }, 'the relay could not lead and tries again');
      });
      await pause(CANDIDATE_RETRY_MS, stopping.signal);
    }
  })();

  return {
    nudge: () => bell.ring(),
    lag: () => (status.state !== 'leading' ? null : waitingSinceMs === null ? 0 : Date.now() - waitingSinceMs),
    rebuilt: () => rebuilt,
    status: () => status,
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}
