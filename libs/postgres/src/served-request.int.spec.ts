/** Requests of a session that are served once: those with an event and those without, and for how long. */
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { uuidv7 } from '@keytrail/crypto';
import { type Access, DeadlineExceeded, type SessionRequest } from '@keytrail/eventsourcing';
import { Client } from 'pg';
import type { Database } from './database.js';
import type { JournalFixture } from './journal.fixture.js';
import { accessTo, openJournalFixture } from './journal.fixture.js';
import { postgresAccessJournal } from './postgres-access-journal.js';
import { forgetServedRequests, serveAllOnce, serveOnce } from './served-request.js';

let fixture: JournalFixture;
beforeAll(async () => {
  fixture = await openJournalFixture();
}, 60_000);
afterAll(async () => fixture?.close());

let session: string;
let deadlineMs: number;
beforeEach(() => {
  [session, deadlineMs] = [uuidv7(), Date.now() + 10_000];
});

const ask = (database: Database, request: SessionRequest): Promise<boolean> => serveOnce(database)(request);

const record = async (request: SessionRequest) =>
  postgresAccessJournal({ service: 'vault', database: fixture.database }).record(accessTo('nowhere', 0, { request }));

const query = async <R>(text: string, ...values: readonly unknown[]): Promise<readonly R[]> => {
  const client = new Client({ connectionString: fixture.ownerUrl });
  await client.connect();
  try {
    const { rows } = await client.query(text, [...values]);
    return rows as readonly R[];
  } finally {
    await client.end();
  }
};

const slotsInUse = async (): Promise<readonly number[]> =>
  (await query<{ slot: number }>('select distinct slot from served_request where session = $1', session)).map(
    ({ slot }) => slot,
  );

it('a request is served once of many times that two replicas are asked for it at once', async () => {
  const replicas = [fixture.database, await fixture.replica()];
  const asked = Array.from({ length: 16 }, (_, i) => ask(replicas[i % 2]!, { session, counter: 1, deadlineMs }));
  expect((await Promise.all(asked)).filter(Boolean)).toHaveLength(1);
  expect(await ask(fixture.database, { session, counter: 2, deadlineMs })).toBe(true);
});

it('a request with an event and one without are the same where their counters are', async () => {
  expect(await ask(fixture.database, { session, counter: 1, deadlineMs })).toBe(true);
  expect(await record({ session, counter: 1, deadlineMs })).toEqual({ status: 'repeated' });
  expect(await record({ session, counter: 2, deadlineMs })).toMatchObject({ status: 'recorded' });
  expect(await ask(fixture.database, { session, counter: 2, deadlineMs })).toBe(false);
});

it('of many at once each is told for itself, and one that is given twice is served once', async () => {
  expect(await ask(fixture.database, { session, counter: 2, deadlineMs })).toBe(true);
  const counters = [3, 2, 1, 3];
  const served = await serveAllOnce(
    fixture.database,
    counters.map((counter) => ({ session, counter, deadlineMs })),
  );
  expect(served).toEqual([true, false, true, false]);
  expect(await record({ session, counter: 1, deadlineMs })).toEqual({ status: 'repeated' });
  expect(await serveAllOnce(fixture.database, [])).toEqual([]);
});

it('those who ask together are told each for itself, and late ones are not served', async () => {
  const serve = serveOnce(fixture.database);
  const counters = [1, 2, 1, 3];
  const told = counters.map((counter) => serve({ session, counter, deadlineMs }));
  const late = serve({ session, counter: 4, deadlineMs: Date.now() - 1 });
  await expect(late).rejects.toThrow(DeadlineExceeded);
  expect(await Promise.all(told)).toEqual([true, true, false, true]);
  expect(await serve({ session, counter: 4, deadlineMs })).toBe(true);
});

it('many at once on two replicas are served once altogether, in whatever order they are given', async () => {
  const replicas = [fixture.database, await fixture.replica()];
  const requests = Array.from({ length: 50 }, (_, n) => ({ session, counter: n + 1, deadlineMs }));
  const served = await Promise.all(
    Array.from({ length: 8 }, (_, i) => serveAllOnce(replicas[i % 2]!, i % 3 ? requests : requests.toReversed())),
  );
  expect(served.flat().filter(Boolean)).toHaveLength(50);
});

it('a request that cannot be stored fails no other, and what failed with it was not served', async () => {
  const journal = postgresAccessJournal({ service: 'vault', database: fixture.database });
  const recordOf = async (of: string, counter: number) =>
    journal.record(accessTo('nowhere', 0, { request: { session: of, counter, deadlineMs } }));
  const outcomes = await Promise.allSettled([
    recordOf(session, 1),
    recordOf(session, 2),
    recordOf('no uuid', 3),
    recordOf(session, 4),
  ]);
  expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.status : 'failed'))).toEqual([
    'recorded',
    'recorded',
    'failed',
    'recorded',
  ]);
});

it('replicas that are asked for the same requests in opposite orders never wait for each other', async () => {
  const holder = new Client({ connectionString: fixture.superuserUrl });
  await holder.connect();
  await holder.query('begin');
  await holder.query('insert into served_request select served_slot($1, epoch_ms(clock_timestamp())), $2, 32', [
    deadlineMs,
    session,
  ]);
  const accesses = Array.from({ length: 64 }, (_, i) =>
    accessTo('nowhere', 0, { request: { session, counter: i, deadlineMs } }),
  );
  const inOneBatch = async (database: Database, requests: readonly Access[]) => {
    const journal = postgresAccessJournal({ service: 'vault', database });
    const [, ...outcomes] = await Promise.all([accessTo('nowhere', 0), ...requests].map((one) => journal.record(one)));
    return outcomes.filter(({ status }) => status === 'recorded').length;
  };
  const served = Promise.all([
    inOneBatch(fixture.database, accesses),
    inOneBatch(await fixture.replica(), accesses.toReversed()),
  ]);
  await Promise.race([served, untilWaiting(holder, 2)]);
  await holder.query('rollback');
  const [here, there] = await served;
  expect(here + there).toBe(64);
  await holder.end();
});

/** Both have begun, and neither can go on: were their orders not one, each would hold what the other waits for. */
async function untilWaiting(client: Client, sessions: number): Promise<void> {
  for (let waiting = 0; waiting < sessions;) {
    const { rows } = await client.query<{ waiting: number }>(
      `select count(distinct pid)::int as waiting from pg_locks where not granted`,
    );
    waiting = rows[0]?.waiting ?? 0;
  }
}

it('all slots are emptied but those that a request may fall into, or one that is on its way', async () => {
  await query('insert into served_request select slot, $1, 1 from generate_series(0, 15) slot', session);
  await forgetServedRequests(fixture.database);
  const left = await slotsInUse();
  const live = await query<{ slot: number }>(
    `select distinct served_slot(deadline, epoch_ms(clock_timestamp())) as slot from generate_series($1::bigint, $2, 1000) deadline`,
    Date.now() - 59_000,
    Date.now() + 89_000,
  );
  expect(left).toEqual(expect.arrayContaining(live.map(({ slot }) => slot)));
  expect(left.length).toBeLessThan(10);
  expect(await ask(fixture.database, { session, counter: 1, deadlineMs })).toBe(false);
});

it('a slot that somebody reads is left for later, and nobody waits', async () => {
  const dead = ((Date.now() - 150_000) >>> 15) & 15;
  await query('insert into served_request values ($1, $2, 1)', dead, session);
  const reader = new Client({ connectionString: fixture.ownerUrl });
  await reader.connect();
  await reader.query('begin');
  await reader.query('select from served_request');
  await forgetServedRequests(fixture.database);
  expect(await slotsInUse()).toEqual([dead]);
  await reader.query('rollback');
  await forgetServedRequests(fixture.database);
  expect(await slotsInUse()).toEqual([]);
  await reader.end();
});

it('a request is not served whose deadline is so far from the clock that it may have been forgotten', async () => {
  const fromNow = (ms: number, counter: number): SessionRequest => ({ session, counter, deadlineMs: Date.now() + ms });
  const asked = [fromNow(-65_000, 1), fromNow(95_000, 2), fromNow(-55_000, 3), fromNow(85_000, 4)];
  const statuses = (await Promise.all(asked.map(record))).map(({ status }) => status);
  expect(statuses).toEqual(['repeated', 'repeated', 'recorded', 'recorded']);
  expect(await serveAllOnce(fixture.database, asked)).toEqual([false, false, false, false]);
  expect(await slotsInUse()).toHaveLength(2);
});

it('a service says which request was served, and takes none of it back', async () => {
  const client = new Client({ connectionString: fixture.serviceUrl });
  await client.connect();
  for (const change of [
    'update served_request set counter = 1',
    'delete from served_request',
    'truncate served_request',
    'truncate served_request_0',
  ]) {
    await expect(client.query(change)).rejects.toMatchObject({ code: '42501' });
  }
  await client.end();
});
