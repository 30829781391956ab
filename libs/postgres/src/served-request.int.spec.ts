/** Requests of a session that are served once: those with an event and those without, and for how long. */
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { uuidv7 } from '@keytrail/crypto';
import { type Access, DeadlineExceeded, type SessionRequest } from '@keytrail/eventsourcing';
import { sql } from 'kysely';
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
beforeEach(() => {
  session = uuidv7();
});

/** In time, whatever else is asked here. */
const ask = (database: Database, request: SessionRequest): Promise<boolean> =>
  serveOnce(database)(request, Date.now() + 10_000);

const record = async (request: SessionRequest) =>
  postgresAccessJournal({ service: 'vault', database: fixture.database }).record(accessTo('nowhere', 0, { request }));

/** `count` requests that were served so many seconds ago. */
async function servedAgo(seconds: number, count: number): Promise<void> {
  const client = new Client({ connectionString: fixture.ownerUrl });
  await client.connect();
  await client.query(
    `insert into served_request select $1, n, now() - make_interval(secs => $2) from generate_series(1, $3) n`,
    [session, seconds, count],
  );
  await client.end();
}

it('a request is served once of many times that two replicas are asked for it at once', async () => {
  const replicas = [fixture.database, await fixture.replica()];
  const asked = Array.from({ length: 16 }, (_, i) => ask(replicas[i % 2]!, { session, counter: 1 }));
  expect((await Promise.all(asked)).filter(Boolean)).toHaveLength(1);
  expect(await ask(fixture.database, { session, counter: 2 })).toBe(true);
});

it('a request with an event and one without are the same where their counters are', async () => {
  expect(await ask(fixture.database, { session, counter: 1 })).toBe(true);
  expect(await record({ session, counter: 1 })).toEqual({ status: 'repeated' });
  expect(await record({ session, counter: 2 })).toMatchObject({ status: 'recorded' });
  expect(await ask(fixture.database, { session, counter: 2 })).toBe(false);
});

it('of many at once each is told for itself, and one that is given twice is served once', async () => {
  expect(await ask(fixture.database, { session, counter: 2 })).toBe(true);
  const counters = [3, 2, 1, 3];
  const served = await serveAllOnce(
    fixture.database,
    counters.map((counter) => ({ session, counter })),
  );
  expect(served).toEqual([true, false, true, false]);
  expect(await record({ session, counter: 1 })).toEqual({ status: 'repeated' });
  expect(await serveAllOnce(fixture.database, [])).toEqual([]);
});

it('those who ask together are told each for itself, and late ones are not served', async () => {
  const serve = serveOnce(fixture.database);
  const inTimeMs = Date.now() + 10_000;
  const counters = [1, 2, 1, 3];
  const told = counters.map((counter) => serve({ session, counter }, inTimeMs));
  const late = serve({ session, counter: 4 }, Date.now() - 1);
  await expect(late).rejects.toThrow(DeadlineExceeded);
  expect(await Promise.all(told)).toEqual([true, true, false, true]);
  expect(await serve({ session, counter: 4 }, inTimeMs)).toBe(true);
});

it('many at once on two replicas are served once altogether, in whatever order they are given', async () => {
  const replicas = [fixture.database, await fixture.replica()];
  const requests = Array.from({ length: 50 }, (_, n) => ({ session, counter: n + 1 }));
  const served = await Promise.all(
    Array.from({ length: 8 }, (_, i) => serveAllOnce(replicas[i % 2]!, i % 3 ? requests : requests.toReversed())),
  );
  expect(served.flat().filter(Boolean)).toHaveLength(50);
});

it('a request that cannot be stored fails no other, and what failed with it was not served', async () => {
  const journal = postgresAccessJournal({ service: 'vault', database: fixture.database });
  const recordOf = async (of: string, counter: number) =>
    journal.record(accessTo('nowhere', 0, { request: { session: of, counter } }));
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
  await holder.query('insert into served_request values ($1, 32)', [session]);
  const accesses = Array.from({ length: 64 }, (_, i) => accessTo('nowhere', 0, { request: { session, counter: i } }));
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

it('requests are forgotten a minute after they were served, however many they are', async () => {
  await servedAgo(61, 2_500);
  const recent = uuidv7();
  await ask(fixture.database, { session: recent, counter: 1 });
  await forgetServedRequests(fixture.database);
  const { rows } =
    await sql`select session, counter from served_request where session in (${session}, ${recent})`.execute(
      fixture.database,
    );
  expect(rows).toEqual([{ session: recent, counter: '1' }]);
});

it('a request is not forgotten while it can be repeated', async () => {
  await servedAgo(45, 1);
  await forgetServedRequests(fixture.database);
  expect(await ask(fixture.database, { session, counter: 1 })).toBe(false);
});

it('a service says which request was served, and never when', async () => {
  const client = new Client({ connectionString: fixture.serviceUrl });
  await client.connect();
  for (const change of [
    `insert into served_request (session, counter, served_at) values (gen_random_uuid(), 1, '2020-01-01')`,
    `update served_request set served_at = '2020-01-01'`,
    `truncate served_request`,
  ]) {
    await expect(client.query(change)).rejects.toMatchObject({ code: '42501' });
  }
  await client.end();
});
