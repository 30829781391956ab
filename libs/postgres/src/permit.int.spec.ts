/** Changes on permits, and those that withdraw them: many writers on one PostgreSQL, judged by the journal's order. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { DomainEvent, Permit } from '@keytrail/eventsourcing';
import { JOURNAL_START } from '@keytrail/eventsourcing';
import type { Database } from './database.js';
import type { JournalFixture } from './journal.fixture.js';
import { appendUntilAnswered, commitTo, facts, openJournalFixture, unlessUnavailable } from './journal.fixture.js';
import { postgresJournal } from './postgres-journal.js';
import { postgresJournalReader } from './postgres-journal-reader.js';

const AUTHORS = ['author-a', 'author-b', 'author-c'];
const WITHDRAWALS = 60;
const CHANGES_AT_ONCE = 8;

let fixture: JournalFixture;
beforeAll(async () => {
  fixture = await openJournalFixture();
}, 60_000);
afterAll(async () => fixture?.close());

const journalOn = (database: Database) => postgresJournal({ service: 'vault', database });

/** Odd revisions of an author admit it, even ones end that. */
const admitted: DomainEvent = { type: 'Admitted', data: {} };
const suspended: DomainEvent = { type: 'Suspended', data: {} };

function permitOf(author: string, revision: number, validUntil: string | null = null): Permit {
  const decidedOn = [{ stream: author, revision }];
  return { decidedOn, validUntil, renew: () => Promise.reject(new Error('nobody renews it')) };
}

/** How often a change stands in relay order where its author was not admitted. */
async function changesOutOfPlace(): Promise<{ changes: number; violations: number }> {
  const events = await postgresJournalReader(fixture.database).readAfter(JOURNAL_START, 1_000_000);
  const isAdmitted = new Map<string, boolean>();
  let [changes, violations] = [0, 0];
  for (const { type, body } of events) {
    const { stream, data } = JSON.parse(Buffer.from(body).toString()) as { stream: string; data: { author?: string } };
    if (type !== 'Changed') isAdmitted.set(stream, type === 'Admitted');
    else {
      changes++;
      if (!isAdmitted.get(data.author ?? '')) violations++;
    }
  }
  return { changes, violations };
}

it('no change stands after the withdrawal of what permits it, in relay order or after its answer', async () => {
  let running = true;
  let streams = 0;
  /** The revision up to which withdrawals have been answered, an author. */
  const answered = new Map<string, number>();
  let late = 0;

  async function changing(database: Database): Promise<void> {
    const journal = journalOn(database);
    while (running) {
      const author = AUTHORS[Math.floor(Math.random() * AUTHORS.length)] as string;
      const revision = (await unlessUnavailable(journal.load(author)))?.length ?? 0;
      const withdrawnBefore = answered.get(author) ?? 0;
      if (revision % 2 === 0) continue;
      const commit = commitTo(`note-${++streams}`, 0, {
        events: [{ type: 'Changed', data: { author } }],
        facts: { ...facts, permit: permitOf(author, revision) },
        withdraws: Math.random() < 0.3,
      });
      const outcome = await unlessUnavailable(journal.append(commit));
      if (outcome?.status === 'committed' && revision < withdrawnBefore) late++;
    }
  }

  async function withdrawing(database: Database, author: string): Promise<void> {
    const journal = journalOn(database);
    for (let revision = 0; revision < WITHDRAWALS; revision += 2) {
      await appendUntilAnswered(journal, commitTo(author, revision, { events: [admitted] }));
      await sleep(Math.random() * 20);
      await appendUntilAnswered(journal, commitTo(author, revision + 1, { events: [suspended], withdraws: true }));
      answered.set(author, revision + 2);
    }
  }

  const databases = await Promise.all([...AUTHORS, 'writers', 'others'].map(() => fixture.replica()));
  const writers = databases
    .slice(AUTHORS.length)
    .flatMap((database) => Array.from({ length: CHANGES_AT_ONCE }, () => changing(database)));
  try {
    await Promise.all(AUTHORS.map((author, i) => withdrawing(databases[i] as Database, author)));
  } finally {
    running = false;
    await Promise.all(writers);
  }

  const { changes, violations } = await changesOutOfPlace();
  expect(changes).toBeGreaterThan(100);
  expect({ violations, late }).toEqual({ violations: 0, late: 0 });
}, 120_000);

it('a change whose deadline has passed is refused before anything is written', async () => {
  const late = commitTo('late', 0, { facts: { ...facts, deadlineMs: Date.now() - 1 } });
  const journal = journalOn(fixture.database);
  await expect(journal.append(late)).rejects.toMatchObject({ code: 'request.deadline_exceeded' });
  expect(await journal.load('late')).toEqual([]);
});
