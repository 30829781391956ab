/** What a reader of a stream says of itself. */
import type { Service } from '@keytrail/contracts';
import type { BusEvent } from './bus-event.js';
import type { BusConnection } from './connect.js';
import type { Log } from './log.js';

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
   * Called with consecutive events, the first being the one after the last that was handled; MUST store its progress
   * with
   * its effect. When it throws, the same events come again, and later ones wait.
   */
  readonly handle: (events: readonly BusEvent[]) => Promise<void>;
  readonly log: Log;
  /** The most events in one call; 1,000 by default. */
  readonly batchSize?: number;
}
