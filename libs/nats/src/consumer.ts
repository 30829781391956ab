/** Reads a service's stream from the reader's own ordinal on: every event once, in order, through whatever happens to the bus. */
import type { Service } from '@keytrail/contracts';
import type { BusEvent } from './bus-event.js';
import type { BusConnection } from './connect.js';
import type { SessionProgress } from './consumer-session.js';
import { readUndisturbed } from './consumer-session.js';
import type { Log } from './log.js';
import { pause } from './pause.js';

const RETRY_FIRST_MS = 50;
const RETRY_LAST_MS = 2_000;

export interface ConsumeOptions {
  /** To the account of events, as this reader. */
  readonly connection: BusConnection;
  /** Part of the durable's name; at most one process per reader should consume at a time. */
  readonly reader: string;
  /** Whose events. */
  readonly service: Service;
  /** The last ordinal whose effect is durable; 0 for none. Asked for at the start and after every disturbance. */
  readonly lastOrdinal: () => Promise<number>;
  /**
   * Called with consecutive events, the first being the one after the last that was handled; MUST store its progress with
   * its effect. When it throws, the same events come again, and later ones wait.
   */
  readonly handle: (events: readonly BusEvent[]) => Promise<void>;
  readonly log: Log;
  /** The most events in one call; 500 by default. */
  readonly batchSize?: number;
}

/** `retrying`: `reason` is in the way; it goes on trying until it is not. */
export interface ConsumptionStatus {
  readonly state: 'starting' | 'following' | 'retrying' | 'stopped';
  /** The last ordinal that was handled, as far as this process knows. */
  readonly ordinal: number;
  readonly reason?: string;
}

export interface Consumption {
  status(): ConsumptionStatus;
  /** Returns once the batch in hand is handled. */
  stop(): Promise<void>;
}

export function consume(options: ConsumeOptions): Consumption {
  const stopping = new AbortController();
  const { signal } = stopping;
  let status: ConsumptionStatus = { state: 'starting', ordinal: 0 };
  let retryMs = RETRY_FIRST_MS;

  const progress: SessionProgress = {
    started: (ordinal) => {
      status = { state: 'following', ordinal };
    },
    handled: (ordinal) => {
      status = { state: 'following', ordinal };
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
        await pause(retryMs, signal);
        retryMs = Math.min(retryMs * 2, RETRY_LAST_MS);
      }
    }
    status = { state: 'stopped', ordinal: status.ordinal };
  })();

  return {
    status: () => status,
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}
