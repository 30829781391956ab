/** A road to PostgreSQL that is blocked and opens again: nothing is answered that does not stand in the journal. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { MikroORM } from '@mikro-orm/postgresql';
import type { AccessJournal } from '@keytrail/eventsourcing';
import { type TcpProxy, tcpProxy } from '@keytrail/testing';
import { sql } from 'kysely';
import { databaseOf, openDatabase } from './database.js';
import { accessTo, commitTo, type JournalFixture, openJournalFixture } from './journal.fixture.js';
import { postgresAccessJournal } from './postgres-access-journal.js';
import { postgresJournal } from './postgres-journal.js';
import { postgresRelayMarks } from './postgres-relay-marks.js';

let fixture: JournalFixture;
let road: TcpProxy;
let orm: MikroORM;
beforeAll(async () => {
  fixture = await openJournalFixture();
  road = await tcpProxy(fixture.server.port);
  const url = new URL(fixture.serviceUrl);
  url.port = String(road.port);
  orm = await openDatabase({ url: url.href });
}, 60_000);
afterAll(async () => {
  await orm?.close();
  await road?.close();
  await fixture?.close();
});

const soon = () => ({ deadlineMs: Date.now() + 10_000 });

async function stands(eventId: string): Promise<boolean> {
  const { rows } = await sql`select from access_journal where id = ${eventId}`.execute(fixture.database);
  return rows.length === 1;
}

async function untilRecorded(journal: AccessJournal) {
  for (let attempt = 1; attempt <= 20; attempt++) {
    const outcome = await journal.record(accessTo('secret-a', 0, soon())).catch(() => null);
    if (outcome?.status === 'recorded') return outcome;
  }
  throw new Error('nothing was recorded in twenty attempts');
}

it('an access behind a change that was given up is recorded for good', async () => {
  const database = databaseOf(orm);
  const accesses = postgresAccessJournal({ service: 'vault', database });
  const changes = postgresJournal({ service: 'vault', database });
  await untilRecorded(accesses);
  road.stall();
  await expect(changes.append(commitTo('note', 0))).rejects.toMatchObject({ code: 'journal.unavailable' });
  road.resume();
  const { eventId } = await untilRecorded(accesses);
  // Longer than any transaction may last: one that nobody commits is gone by then.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(await stands(eventId)).toBe(true);
});

it('a transaction that the server ends is told why, though its rollback has nothing to roll back', async () => {
  const beyondItsBound = fixture.database.transaction().execute(async (tx) => {
    await sql`set local statement_timeout = 0`.execute(tx);
    await sql`select pg_sleep(3)`.execute(tx);
  });
  await expect(beyondItsBound).rejects.toMatchObject({ code: '25P04' });
});

it('a leader whose session stalls gives its place up, and another one leads', async () => {
  const [stalled, other] = [
    postgresRelayMarks(databaseOf(orm), 'vault'),
    postgresRelayMarks(fixture.database, 'vault'),
  ];
  const led = Promise.withResolvers<void>();
  const term = stalled.lead(async (signal) => {
    led.resolve();
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  }, new AbortController().signal);
  await led.promise;
  road.stall();
  await term.catch(() => null);
  road.resume();
  const elected = Promise.withResolvers<void>();
  const ending = new AbortController();
  const next = other.lead(async () => elected.resolve(), ending.signal);
  await elected.promise;
  ending.abort();
  await next;
  expect(ending.signal.aborted).toBe(true);
});
