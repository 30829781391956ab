/** The journal on a real PostgreSQL: its contract, its order, and what it refuses. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventBody, parse, type Principal } from '@keytrail/contracts';
import { canonicalJson, sha256Hex } from '@keytrail/crypto';
import type { JournalMark, StoredEvent } from '@keytrail/eventsourcing';
import { JOURNAL_START } from '@keytrail/eventsourcing';
import { accessJournalContract, journalContract } from '@keytrail/eventsourcing/contract';
import { sql } from 'kysely';
import { Client } from 'pg';
import { ensureAccessPartitions } from './access-partitions.js';
import type { JournalFixture } from './journal.fixture.js';
import { accessTo, appendUntilAnswered, commitTo, facts, openJournalFixture } from './journal.fixture.js';
import { JOURNAL_STEPS, migrate } from './migrate.js';
import { postgresAccessJournal } from './postgres-access-journal.js';
import { postgresJournal } from './postgres-journal.js';
import { postgresJournalReader } from './postgres-journal-reader.js';
import { streamRevisions } from './stream-revisions.js';

let fixture: JournalFixture;
beforeAll(async () => {
  fixture = await openJournalFixture();
}, 60_000);
afterAll(async () => fixture?.close());

const journalOn = (database = fixture.database) => postgresJournal({ service: 'vault', database });
const accessesOn = (database = fixture.database) => postgresAccessJournal({ service: 'vault', database });

journalContract('the journal on PostgreSQL', () => journalOn());

accessJournalContract('the journal on PostgreSQL', async () => ({
  journal: journalOn(),
  replicas: [accessesOn(), accessesOn(await fixture.replica())],
}));

async function readAll(from: JournalMark = JOURNAL_START): Promise<StoredEvent[]> {
  const reader = postgresJournalReader(fixture.database);
  const all: StoredEvent[] = [];
  for (let mark = from; ;) {
    const page = await reader.readAfter(mark, 500);
    all.push(...page);
    if (page.length < 500) return all;
    mark = page.at(-1)!.mark;
  }
}

it('streams are told where they stand, many in one look, and those that are not there are left out', async () => {
  for (const revision of [0, 1]) await journalOn().append(commitTo('stands-at-two', revision));
  await accessesOn().record(accessTo('has-accesses-only', 0));
  const revisions = await streamRevisions(fixture.database, ['stands-at-two', 'has-accesses-only', 'absent']);
  expect([...revisions]).toEqual([['stands-at-two', 2]]);
  expect(await streamRevisions(fixture.database, [])).toEqual(new Map());
});

describe('what is stored', () => {
  it('is the canonical JSON of a CloudEvent, with its time inside', async () => {
    const command = { id: 'command-1', digest: 'd'.repeat(64) };
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const via = 'v'.repeat(26) as Principal;
    await journalOn().append(commitTo('stored', 0, { facts: { ...facts, via, command, traceparent } }));
    const stored = (await readAll()).at(-1)!;
    const text = Buffer.from(stored.body).toString();
    const body = JSON.parse(text);
    expect(parse(EventBody, body)).toMatchObject({ ok: true });
    expect(canonicalJson(body)).toBe(text);
    expect(body).toMatchObject({
      id: stored.id,
      type: 'keytrail.note.Noted.v1',
      revision: 1,
      principal: facts.principal,
      via,
      commandid: 'command-1',
      traceparent,
    });
    expect(sha256Hex(Buffer.concat([Buffer.from(stored.salt!, 'base64'), Buffer.from(stored.detail!)]))).toBe(
      body.detaildigest,
    );
    expect(text).not.toContain('192.0.2.1');
  });

  it('has a receipt that names its digest', async () => {
    const outcome = await accessesOn().record(accessTo('nowhere', 0));
    const stored = (await readAll()).at(-1)!;
    expect(outcome).toEqual({
      status: 'recorded',
      eventId: stored.id,
      position: stored.mark.position,
      digest: sha256Hex(stored.body),
    });
  });

  it('is of the aggregate that its access names, and says on whose behalf it was asked', async () => {
    const via = 'v'.repeat(26) as Principal;
    const event = { type: 'SessionOpened', data: {} };
    await accessesOn().record(accessTo('authentication', 0, { aggregate: 'session', event, facts: { ...facts, via } }));
    const stored = (await readAll()).at(-1)!;
    expect(stored).toMatchObject({ aggregate: 'session', type: 'SessionOpened' });
    expect(JSON.parse(Buffer.from(stored.body).toString())).toMatchObject({
      type: 'keytrail.session.SessionOpened.v1',
      principal: facts.principal,
      via,
    });
  });

  it.each(['journal', 'access_journal'])('cannot be changed or emptied in %s, by the owner either', async (table) => {
    for (const url of [fixture.ownerUrl, fixture.serviceUrl, fixture.superuserUrl]) {
      const client = new Client({ connectionString: url });
      await client.connect();
      if (url === fixture.superuserUrl) await client.query('set session_replication_role = replica');
      for (const change of [`update ${table} set type = 'x'`, `delete from ${table}`, `truncate ${table}`]) {
        await expect(client.query(change)).rejects.toMatchObject({ code: '42501' });
      }
      await client.end();
    }
  });

  it('has its place in the order from the database alone', async () => {
    const client = new Client({ connectionString: fixture.serviceUrl });
    await client.connect();
    const row = `'x', 'acme', 'note', 'Noted', now(), 'x'`;
    const columns = 'id, stream, workspace, aggregate, type, time, body';
    for (const change of [
      `insert into access_journal (position, ${columns}) values (7, gen_random_uuid(), ${row})`,
      `insert into access_journal (tx, ${columns}) values ('3', gen_random_uuid(), ${row})`,
      `insert into journal (tx, revision, ${columns}) values ('3', 1, gen_random_uuid(), ${row})`,
      `update stream_head set revision = revision - 1`,
      `update stream_head set stream = 'another'`,
    ]) {
      await expect(client.query(change)).rejects.toMatchObject({ code: '42501' });
    }
    await client.end();
  });

  it('finds a partition ready, made without waiting for whoever reads', async () => {
    const reader = new Client({ connectionString: fixture.superuserUrl });
    await reader.connect();
    await reader.query('begin isolation level repeatable read');
    await reader.query('select count(*) from access_journal');
    await reader.query(`select setval('journal_position', 16777216 * 2 - 1)`);
    await ensureAccessPartitions(fixture.database);
    await reader.query('rollback');
    const { rows } = await reader.query<{ name: string }>(
      `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'access_journal'::regclass order by 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual([0, 1, 2, 3].map((n) => `access_journal_00000${n}`));
    const fired = await reader.query<{ tgenabled: string }>(
      `select distinct tgenabled from pg_trigger where tgrelid = 'access_journal_000003'::regclass and not tgisinternal`,
    );
    expect(fired.rows).toEqual([{ tgenabled: 'A' }]);
    await reader.end();
  });

  it('cannot be emptied partition by partition', async () => {
    const client = new Client({ connectionString: fixture.ownerUrl });
    await client.connect();
    await expect(client.query('truncate access_journal_000000')).rejects.toMatchObject({ code: '42501' });
    await expect(client.query('truncate access_journal_000001')).rejects.toMatchObject({ code: '42501' });
    await client.end();
  });
});

describe('the order', () => {
  it('hands every reader every event of 64 writers that commit late and out of turn', async () => {
    const start = (await readAll()).at(-1)?.mark ?? JOURNAL_START;
    const replica = await fixture.replica();
    let writing = true;
    const seen: StoredEvent[] = [];
    const follower = (async () => {
      const reader = postgresJournalReader(replica);
      for (let mark = start; ;) {
        const last = !writing;
        const page = await reader.readAfter(mark, 100).catch(() => null);
        if (page === null) continue;
        seen.push(...page);
        mark = page.at(-1)?.mark ?? mark;
        if (last && page.length === 0) return;
      }
    })();
    try {
      await Promise.all(Array.from({ length: 64 }, (_, writer) => lateWriter(writer)));
    } finally {
      writing = false;
      await follower;
    }
    const written = await readAll(start);
    expect(written).toHaveLength(64 * 5);
    expect(seen.map(({ id }) => id)).toEqual(written.map(({ id }) => id));
  }, 120_000);

  /** Each commit stays open for a random while after its positions were handed out. */
  async function lateWriter(writer: number): Promise<void> {
    const journal = journalOn(writer % 2 === 0 ? await fixture.replica() : fixture.database);
    for (let revision = 0; revision < 5; revision++) {
      const alongside = async (tx: Parameters<NonNullable<ReturnType<typeof commitTo>['alongside']>>[0]) => {
        await sql`select pg_sleep(random() * 0.02)`.execute(tx);
      };
      await appendUntilAnswered(journal, commitTo(`writer-${writer}`, revision, { alongside }));
    }
  }
});

it('a stream is loaded whole, however long it is', async () => {
  const events = Array.from({ length: 9_000 }, (_, n) => ({ type: 'Noted', data: { n } }));
  // A few at a time, for a commit has to end within a second.
  for (let from = 0; from < events.length; from += 500) {
    await appendUntilAnswered(journalOn(), commitTo('long', from, { events: events.slice(from, from + 500) }));
  }
  const loaded = await journalOn().load('long');
  expect(loaded.map(({ revision }) => revision)).toEqual(events.map((_, n) => n + 1));
  expect(loaded.map(({ event }) => event)).toEqual(events);
});

it('a stream that cannot be read is left out of those that are loaded together, and fails alone', async () => {
  await journalOn().append(commitTo('readable', 0));
  const client = new Client({ connectionString: fixture.superuserUrl });
  await client.connect();
  await client.query(`insert into journal (stream, revision, id, workspace, aggregate, type, time, body)
    values ('unreadable', 1, gen_random_uuid(), 'acme', 'note', 'Noted', now(), 'no JSON')`);
  await client.end();
  const behind = ['unreadable', 'readable'].map((stream) => ({ stream, revision: 0 }));
  const together = await journalOn().loadTogether(behind);
  expect([...together]).toEqual([['readable', await journalOn().load('readable')]]);
  await expect(journalOn().load('unreadable')).rejects.toThrow(SyntaxError);
});

describe('durability', () => {
  /** The sessions of the pool take the new value when they are told, which on a busy machine is a little later. */
  const untilAllHave = async (setting: string, value: string): Promise<void> => {
    for (let inARow = 0; inARow < 20;) {
      const { rows } = await sql<{ now: string }>`select current_setting(${setting}) as now`.execute(fixture.database);
      inARow = rows[0]?.now === value ? inARow + 1 : 0;
    }
  };

  const shifted = async (setting: string, work: () => Promise<void>) => {
    const client = new Client({ connectionString: fixture.server.superuserUrl });
    await client.connect();
    try {
      await client.query(`alter system set ${setting} = off`);
      await client.query('select pg_reload_conf()');
      await untilAllHave(setting, 'off');
      await work();
    } finally {
      await client.query(`alter system reset ${setting}`);
      await client.query('select pg_reload_conf()');
      await untilAllHave(setting, 'on');
      await client.end();
    }
  };

  it('keeps the setting that it has checked until the commit, whatever the server is told meanwhile', async () => {
    // As the superuser, whose transactions may take as long as a busy machine needs.
    const client = new Client({ connectionString: fixture.superuserUrl });
    await client.connect();
    await client.query('begin');
    await client.query('select refuse_unsafe_writes()');
    await shifted('synchronous_commit', async () => {
      const { rows } = await client.query(`select current_setting('synchronous_commit') as now`);
      expect(rows).toEqual([{ now: 'on' }]);
    });
    await client.end();
  });

  it('refuses to write on a snapshot that is older than the fence', async () => {
    const client = new Client({ connectionString: fixture.serviceUrl });
    await client.connect();
    await client.query(`set default_transaction_isolation = 'repeatable read'`);
    await expect(client.query('select refuse_unsafe_writes()')).rejects.toMatchObject({ code: 'KT001' });
    await client.end();
  });

  it.each(['fsync', 'synchronous_commit', 'full_page_writes'])('refuses to write while %s is off', async (setting) => {
    const stream = `unsafe-${setting}`;
    await shifted(setting, async () => {
      await expect(journalOn().append(commitTo(stream, 0))).rejects.toMatchObject({ code: 'journal.unavailable' });
    });
    expect(await journalOn().append(commitTo(stream, 0))).toMatchObject({ status: 'committed' });
  });
});

it('schema changes may be asked for by many processes at once', async () => {
  const all = Promise.all(Array.from({ length: 4 }, () => migrate(fixture.ownerUrl, JOURNAL_STEPS)));
  await expect(all).resolves.toHaveLength(4);
});
