/** The fence: three writers and three revokers on one PostgreSQL, judged by the order of the journal. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { AccessJournal, Commit, DomainEvent } from '@keytrail/eventsourcing';
import { JOURNAL_START, NO_STREAM } from '@keytrail/eventsourcing';
import type { Database } from './database.js';
import type { JournalFixture } from './journal.fixture.js';
import {
  accessTo,
  appendUntilAnswered,
  commitTo,
  openJournalFixture,
  unlessUnavailable,
  workspaceAt,
} from './journal.fixture.js';
import { postgresAccessJournal } from './postgres-access-journal.js';
import { postgresJournal } from './postgres-journal.js';
import { postgresJournalReader } from './postgres-journal-reader.js';

const SECRETS = ['secret-a', 'secret-b', 'secret-c'];
const REVOCATIONS = 60;
const ACCESSES_AT_ONCE = 16;

let fixture: JournalFixture;
beforeAll(async () => {
  fixture = await openJournalFixture();
}, 60_000);
afterAll(async () => fixture?.close());

/** Odd revisions grant, even ones revoke. */
const isGranted = (revision: number) => revision % 2 === 1;
const granted: DomainEvent = { type: 'Granted', data: {} };
const revoked: DomainEvent = { type: 'Revoked', data: {} };

async function revisionOf(stream: string): Promise<number> {
  return (await postgresJournal({ service: 'vault', database: fixture.database }).load(stream)).length;
}

/** How often a release stands after a revocation in relay order. */
async function releasesAfterRevocation(): Promise<{ releases: number; violations: number }> {
  const events = await postgresJournalReader(fixture.database).readAfter(JOURNAL_START, 1_000_000);
  const open = new Map<string, boolean>();
  let [releases, violations] = [0, 0];
  for (const { type, body } of events) {
    const { stream } = JSON.parse(Buffer.from(body).toString()) as { stream: string };
    if (type === 'SecretDecrypted') releases++;
    if (type === 'SecretDecrypted' && !open.get(stream)) violations++;
    if (type === 'Granted' || type === 'Revoked') open.set(stream, type === 'Granted');
  }
  return { releases, violations };
}

it('no release stands after a revocation, in relay order or after its answer', async () => {
  let running = true;
  /** The revision up to which revocations have been answered, a secret. */
  const answered = new Map<string, number>();
  let lateReleases = 0;

  async function accesses(journal: AccessJournal): Promise<void> {
    const known = new Map<string, number>();
    while (running) {
      const stream = SECRETS[Math.floor(Math.random() * SECRETS.length)] as string;
      const revision = known.get(stream) ?? 0;
      const revokedBefore = answered.get(stream) ?? 0;
      const asked = isGranted(revision) ? journal.record(accessTo(stream, revision)) : null;
      const outcome = asked === null ? { status: 'stale' } : await unlessUnavailable(asked);
      if (outcome?.status === 'recorded' && revision < revokedBefore) lateReleases++;
      if (outcome?.status === 'stale') known.set(stream, (await unlessUnavailable(revisionOf(stream))) ?? revision);
    }
  }

  async function revocations(database: Database, stream: string): Promise<void> {
    const journal = postgresJournal({ service: 'vault', database });
    const append = (revision: number, change: Partial<Commit>) =>
      appendUntilAnswered(journal, commitTo(stream, revision, change));
    for (let revision = 0; revision < REVOCATIONS; revision += 2) {
      await append(revision, { events: [granted] });
      await sleep(Math.random() * 20);
      await append(revision + 1, { events: [revoked], withdraws: true });
      answered.set(stream, revision + 2);
    }
  }

  const writers = await Promise.all([1, 2, 3].map(() => fixture.replica()));
  const revokers = await Promise.all(SECRETS.map(() => fixture.replica()));
  const readers = writers.flatMap((database) => {
    const journal = postgresAccessJournal({ service: 'vault', database });
    return Array.from({ length: ACCESSES_AT_ONCE }, () => accesses(journal));
  });
  try {
    await Promise.all(SECRETS.map((stream, i) => revocations(revokers[i] as Database, stream)));
  } finally {
    running = false;
    await Promise.all(readers);
  }

  const { releases, violations } = await releasesAfterRevocation();
  expect(releases).toBeGreaterThan(100);
  expect({ violations, lateReleases }).toEqual({ violations: 0, lateReleases: 0 });
}, 120_000);

it('an access whose time has passed is not recorded, and each of a batch has its own outcome', async () => {
  const journal = postgresAccessJournal({ service: 'vault', database: fixture.database });
  const current = await revisionOf('secret-a');
  const outcomes = await Promise.all([
    journal.record(accessTo('secret-a', current)),
    journal.record(accessTo('secret-a', current, { validUntilMs: Date.parse('2020-01-01T00:00:00.000Z') })),
    journal.record(accessTo('secret-a', current + 1)),
    journal.record(accessTo('secret-a', current, { validUntilMs: Date.parse('2120-01-01T00:00:00.000Z') })),
    journal.record(
      accessTo('secret-a', current, {
        decidedOn: [{ stream: 'secret-a', revision: current }, workspaceAt(1), NO_STREAM],
      }),
    ),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['recorded', 'expired', 'stale', 'recorded', 'stale']);
});

it('an access whose deadline has passed is refused before anything is written', async () => {
  const journal = postgresAccessJournal({ service: 'vault', database: fixture.database });
  await expect(journal.record(accessTo('secret-a', 1, { deadlineMs: Date.now() - 1 }))).rejects.toMatchObject({
    code: 'request.deadline_exceeded',
  });
});
