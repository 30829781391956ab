/** For drills and specs: a service that publishes whatever it is given, from a journal in memory. */
import type { Service } from '@keytrail/contracts';
import { type JournalReader, RELAY_START, type RelayMarks, type StoredEvent } from '@keytrail/eventsourcing';
import { connectEvents } from './connect.js';
import type { Identity } from './identity.js';
import type { Log } from './log.js';
import { relay } from './relay.js';

/** An event before it has its place in the journal. */
export type DrillEvent = Omit<StoredEvent, 'mark' | 'time'>;

export interface DrillPublisher {
  /** How many events the journal has. */
  published(): number;
  publish(events: readonly DrillEvent[]): void;
  stop(): Promise<void>;
}

export interface DrillPublisherOptions {
  readonly url: string;
  readonly service: Service;
  /** Of the account of events. */
  readonly identity: Identity;
  readonly log: Log;
}

export async function drillPublisher({
  url,
  service,
  identity: { seed },
  log,
}: DrillPublisherOptions): Promise<DrillPublisher> {
  const journal: StoredEvent[] = [];
  const readAfter: JournalReader['readAfter'] = async ({ position }, limit) =>
    journal.slice(Number(position), Number(position) + limit);
  const connection = await connectEvents({ url, seed, name: service });
  const running = relay({ service, reader: { readAfter }, marks: marksInMemory(), connection, log });
  return {
    published: () => journal.length,
    publish: (events) => {
      for (const event of events) {
        const mark = { tx: '1', position: String(journal.length + 1) };
        journal.push({ ...event, mark, time: new Date().toISOString() });
      }
      running.nudge();
    },
    stop: async () => {
      await running.stop();
      await connection.close();
    },
  };
}

function marksInMemory(): RelayMarks {
  let mark = RELAY_START;
  return {
    load: async () => mark,
    save: async (next) => {
      mark = next;
    },
    lead: (run, signal) => run(signal),
  };
}
