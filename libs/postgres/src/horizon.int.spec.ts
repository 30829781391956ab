/** Who holds the relay back, on one PostgreSQL with more than the journal's database in it. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { JOURNAL_START } from '@keytrail/eventsourcing';
import { sql } from 'kysely';
import { Client } from 'pg';
import { horizonHolder, unpublishedSeconds } from './horizon.js';
import { commitTo, type JournalFixture, openJournalFixture } from './journal.fixture.js';
import { postgresJournal } from './postgres-journal.js';
import { postgresJournalReader } from './postgres-journal-reader.js';
import { postgresRelayMarks } from './postgres-relay-marks.js';

let fixture: JournalFixture;
/** Somebody else's session, in a database of their own. */
let stranger: Client;

beforeAll(async () => {
  fixture = await openJournalFixture({ max_prepared_transactions: '1' });
  stranger = new Client({ connectionString: fixture.server.superuserUrl, application_name: 'tenant.acme.openai.prod' });
  await stranger.connect();
  await stranger.query('create table theirs (n int)');
}, 60_000);
afterEach(() => stranger.query('rollback'));
afterAll(async () => {
  await stranger?.end();
  await fixture?.close();
});

const holder = () => horizonHolder(fixture.database);
const read = async () => (await postgresJournalReader(fixture.database).readAfter(JOURNAL_START, 100)).length;
const append = (stream: string) =>
  postgresJournal({ service: 'vault', database: fixture.database }).append(commitTo(stream, 0));

describe('who holds the horizon', () => {
  it('is nobody while no transaction writes, however long one reads', async () => {
    await stranger.query('begin isolation level repeatable read');
    await stranger.query('select * from theirs');
    await append('read-beside');
    expect(await read()).toBeGreaterThan(0);
    expect(await holder()).toBeNull();
  });

  it('is an open write transaction of another database, named by database and state, with its age', async () => {
    await stranger.query('begin');
    await stranger.query('insert into theirs values (1)');
    const before = await read();
    await append('held-back');
    expect(await read()).toBe(before);
    await sql`select pg_sleep(0.3)`.execute(fixture.database);
    const found = await holder();
    expect(found).toEqual({ holder: 'postgres idle in transaction', ageSeconds: expect.any(Number) });
    expect(found?.ageSeconds).toBeGreaterThan(0.3);
    await stranger.query('commit');
    expect(await holder()).toBeNull();
    expect(await read()).toBe(before + 1);
  });

  it('is the oldest of them', async () => {
    await stranger.query('begin');
    await stranger.query('insert into theirs values (1)');
    await fixture.database.transaction().execute(async (tx) => {
      await sql`select pg_current_xact_id()`.execute(tx);
      expect(await holder()).toMatchObject({ holder: 'postgres idle in transaction' });
      await stranger.query('rollback');
      expect(await holder()).toMatchObject({ holder: 'keytrail_vault idle in transaction' });
    });
  });

  it('is a prepared transaction too, though nobody is connected to it', async () => {
    await stranger.query('begin');
    await stranger.query('insert into theirs values (1)');
    await stranger.query(`prepare transaction 'theirs'`);
    expect(await holder()).toMatchObject({ holder: 'postgres prepared' });
    await stranger.query(`rollback prepared 'theirs'`);
    expect(await holder()).toBeNull();
  });

  it('is all that the service is told: it sees no statement of others, and cannot become the owner', async () => {
    await stranger.query('begin');
    await stranger.query('insert into theirs values (1)');
    const { rows } = await sql<{
      query: string;
    }>`select query from pg_stat_activity where datname = 'postgres'`.execute(fixture.database);
    expect(rows).toEqual([{ query: '<insufficient privilege>' }]);
    await expect(sql`set role keytrail_vault_owner`.execute(fixture.database)).rejects.toMatchObject({ code: '42501' });
  });
});

describe('the oldest event that no relay has published', () => {
  const marks = () => postgresRelayMarks(fixture.database, 'vault');
  const waited = () => unpublishedSeconds(fixture.database, 'vault');

  it('is known while the horizon is held, and while no relay runs', async () => {
    await stranger.query('begin');
    await stranger.query('insert into theirs values (1)');
    await append('unpublished');
    await sql`select pg_sleep(0.2)`.execute(fixture.database);
    expect(await waited()).toBeGreaterThan(0.2);
  });

  it('is none once the mark stands behind the last', async () => {
    const events = await postgresJournalReader(fixture.database).readAfter(JOURNAL_START, 100);
    const { id, mark, time } = events.at(-1)!;
    await marks().save({ ...mark, ordinal: events.length, eventId: id, time });
    expect(await waited()).toBe(0);
    await append('one-more');
    await sql`select pg_sleep(0.05)`.execute(fixture.database);
    expect(await waited()).toBeGreaterThan(0);
  });
});
