/** A reader of promise 6: what it is given it writes down, and how far it has come in the same transaction. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectEvents, consume, type Log, type SystemIdentities } from '@keytrail/nats';
import { databaseOf, openDatabase, projection } from '@keytrail/postgres';
import type { Ledger } from './6-ledger.js';
import type { Seeded } from './seeded.js';

export interface Reader {
  /** The last ordinal whose effect is committed. */
  ordinal(): Promise<number>;
  /** How often it was stopped and begun again. */
  interruptions(): number;
  stop(): Promise<void>;
}

export interface ReaderOptions {
  readonly ledger: Ledger;
  readonly natsUrl: string;
  readonly identities: SystemIdentities;
  /** One who may read the vault's events. */
  readonly name: 'audit' | 'anomaly';
  /** Decides when it is interrupted; null for never. */
  readonly chance: Seeded | null;
}

const LONGEST_STRETCH_MS = 1_500;
const log: Log = { info: () => {}, warn: () => {}, error: () => {} };

export async function startReader({ ledger, natsUrl, identities, name, chance }: ReaderOptions): Promise<Reader> {
  const orm = await openDatabase({ url: ledger.serviceUrl, connections: 2 });
  const connection = await connectEvents({ ...identities[name].events, url: natsUrl });
  const folding = projection({
    database: databaseOf(orm),
    name,
    apply: async (tx, events) => {
      const batch = { reader: name, events: JSON.stringify(events.map(({ ordinal, body }) => [ordinal, idIn(body)])) };
      await tx.$extendTables<{ seen: typeof batch }>().insertInto('seen').values(batch).execute();
    },
  });
  const start = () =>
    consume({
      connection,
      reader: name,
      service: 'vault',
      lastOrdinal: () => folding.lastOrdinal(),
      handle: (events) => folding.handle(events),
      log,
    });
  const stopping = new AbortController();
  const { signal } = stopping;
  let [consumption, interruptions] = [start(), 0];
  const interrupting = (async () => {
    while (chance !== null && !signal.aborted) {
      await sleep(chance.below(LONGEST_STRETCH_MS), undefined, { signal }).catch(() => {});
      await consumption.stop();
      interruptions++;
      consumption = start();
    }
  })();
  return {
    ordinal: () => folding.lastOrdinal(),
    interruptions: () => interruptions,
    stop: async () => {
      if (signal.aborted) return;
      stopping.abort();
      await interrupting;
      await consumption.stop();
      await connection.close();
      await orm.close();
    },
  };
}

const idIn = (body: Uint8Array): string => (JSON.parse(Buffer.from(body).toString()) as { id: string }).id;
