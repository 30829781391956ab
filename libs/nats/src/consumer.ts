/**
 * Reads a service's stream from the reader's own ordinal on: every event once, in order, through whatever happens to
 * the bus.
 */
import type { ConsumeOptions } from './consume-options.js';
import type { SessionProgress } from './consumer-session.js';
import { readUndisturbed } from './consumer-session.js';
import { pause } from './pause.js';

const RETRY_FIRST_MS = 50;
const RETRY_LAST_MS = 2_000;

/** `retrying`: `reason` is in the way; it goes on trying until it is not. */
export interface ConsumptionStatus {
  readonly state: 'starting' | 'following' | 'retrying' | 'stopped';
  /** The last ordinal that was handled, as far as this process knows. */
  readonly ordinal: number;
  readonly reason?: string;
}

/** For metrics; null where it is not known yet. */
export interface ConsumptionProgress {
  readonly ordinal: number;
  /** How many events stood in the stream behind the last that was handled, at that time or when reading last began. */
  readonly pendingEvents: number | null;
  /** When the last event that this process has handled came into the stream, in epoch milliseconds. */
  readonly storedMs: number | null;
  /** How often reading was interrupted and tried again. */
  readonly retries: number;
}

export interface Consumption {
  status(): ConsumptionStatus;
  progress(): ConsumptionProgress;
  /** Returns once the batch in hand is handled. */
  stop(): Promise<void>;
}

export function consume(options: ConsumeOptions): Consumption {
  const stopping = new AbortController();
  const { signal } = stopping;
  let status: ConsumptionStatus = { state: 'starting', ordinal: 0 };
  let known: Omit<ConsumptionProgress, 'ordinal'> = { pendingEvents: null, storedMs: null, retries: 0 };
  let retryMs = RETRY_FIRST_MS;

  const progress: SessionProgress = {
    started: (ordinal, pendingEvents) => {
      // Until one of those that wait is handled, nobody can say that nothing is in the way.
      status = pendingEvents === 0 ? { state: 'following', ordinal } : { ...status, ordinal };
      known = { ...known, pendingEvents };
    },
    handled: (ordinal, pendingEvents, storedMs) => {
      status = { state: 'following', ordinal };
      known = { ...known, pendingEvents, storedMs };
      retryMs = RETRY_FIRST_MS;
    },
  };
  const running = (async () => {
    while (!signal.aborted) {
      try {
        await readUndisturbed(options, progress, signal);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        options.log.warn({ err: error, ordinal: status.ordinal }, 'reading events was interrupted and is tried again');
        status = { state: 'retrying', ordinal: status.ordinal, reason };
        known = { ...known, retries: known.retries + 1 };
        await pause(retryMs, signal);
        retryMs = Math.min(retryMs * 2, RETRY_LAST_MS);
      }
    }
    status = { state: 'stopped', ordinal: status.ordinal };
  })();

  return {
    status: () => status,
    progress: () => ({ ordinal: status.ordinal, ...known }),
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}
