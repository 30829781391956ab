/**
 * Promise 6: many writers whose commits take as long as chance wills, one relay, and readers that keep what they are
 * given.
 */
import path from 'node:path';
import {
  connectEvents,
  type Log,
  relay,
  serverConfiguration,
  type SystemIdentities,
  systemIdentities,
} from '@keytrail/nats';
import { databaseOf, openDatabase, postgresJournalReader, postgresRelayMarks } from '@keytrail/postgres';
import { startNats } from '@keytrail/testing';
import { judgeOneOrder, type OrderHistory } from './6-one-order.judge.js';
import { openLedger, type Ledger } from './6-ledger.js';
import { startReader } from './6-reader.js';
import { startWriters, WRITERS } from './6-writers.js';
import { patiently } from './patiently.js';
import { proof, type Scene } from './proof.js';
import { query } from './records.js';

/** Who may read the vault's events; the second is interrupted again and again. */
const READERS = ['audit', 'anomaly'] as const;
const silent: Log = { info: () => {}, warn: () => {}, error: () => {} };

export const oneOrder = proof(
  [{ promise: 6, name: 'each reader sees every event once, in one order', fullScale: 1_000_000, judge: judgeOneOrder }],
  async (scene): Promise<OrderHistory> => {
    const ledger = await openLedger(scene.folder('promise-6'));
    try {
      const identities = systemIdentities();
      const nats = await startNats({
        dir: path.join(scene.folder('promise-6'), 'nats'),
        configuration: (at) => serverConfiguration({ ...at, serverName: 'promise-6', identities }),
      });
      try {
        return await observe({ ...scene, ledger, natsUrl: nats.url, identities });
      } finally {
        await nats.stop();
      }
    } finally {
      await ledger.close();
    }
  },
);

interface Observation extends Pick<Scene, 'tries' | 'random' | 'say' | 'signal'> {
  readonly ledger: Ledger;
  readonly natsUrl: string;
  readonly identities: SystemIdentities;
}

async function observe(scene: Observation): Promise<OrderHistory> {
  const { ledger, random, signal, say } = scene;
  const orm = await openDatabase({ url: ledger.serviceUrl, connections: WRITERS + 4 });
  const database = databaseOf(orm);
  const connection = await connectEvents({ ...scene.identities.vault.events, url: scene.natsUrl });
  const copying = relay({
    service: 'vault',
    reader: postgresJournalReader(database),
    marks: postgresRelayMarks(database, 'vault'),
    connection,
    log: silent,
  });
  const readers = await Promise.all(
    READERS.map((name, i) => startReader({ ...scene, name, chance: i === 1 ? random.fork(name) : null })),
  );
  try {
    const { writers, unknown } = await startWriters({
      ...scene,
      database,
      onCommit: () => copying.nudge(),
      relayed: () => copying.status().ordinal,
    });
    const journal = await journalIn(ledger);
    say(`${journal.length} events are written`);
    for (const reader of readers)
      await patiently('a reader is at the end', async () => (await reader.ordinal()) >= journal.length, signal).catch(
        () => {},
      );
    await Promise.all(readers.map((reader) => reader.stop()));
    const seen = await Promise.all(READERS.map(async (name) => [name, await seenBy(ledger, name)] as const));
    const interruptions = readers.reduce((sum, reader) => sum + reader.interruptions(), 0);
    return { writers, unknown, journal, readers: Object.fromEntries(seen), interruptions };
  } finally {
    await Promise.all(readers.map((reader) => reader.stop()));
    await copying.stop();
    await connection.close();
    await orm.close();
  }
}

async function journalIn({ superuserUrl }: Ledger): Promise<readonly string[]> {
  const rows = await query<{ id: string }>(
    superuserUrl,
    `select id from (select tx, position, id from journal union all select tx, position, id from access_journal) as events
      order by tx, position`,
  );
  return rows.map(({ id }) => id);
}

/** In the order in which the effects were written. */
function seenBy({ superuserUrl }: Ledger, reader: string): Promise<OrderHistory['readers'][string]> {
  return query(
    superuserUrl,
    `select (event ->> 0)::int as ordinal, event ->> 1 as id
       from seen, jsonb_array_elements(events) with ordinality as batch (event, place)
      where reader = $1 order by nth, place`,
    [reader],
  );
}
