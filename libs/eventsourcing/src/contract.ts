/** What every journal promises, of decisions and of accesses: suites of tests that each implementation runs. */
import { describe, expect, it } from '@jest/globals';
import type { Access, AccessJournal, Journal, Permit, StreamRevision } from './journal.js';
import { NO_STREAM } from './journal.js';
import { loadingContract } from './loading.contract.js';
import { commitOf, freshStream, noted, textsOf } from './notes.contract.js';

const PAST = '2020-01-01T00:00:00.000Z';
const FUTURE = '2120-01-01T00:00:00.000Z';

/** A permit that rests on these streams, as a commit of notes is given it. */
function permittedOn(decidedOn: readonly StreamRevision[], validUntil: string | null = null) {
  const permit: Permit = { decidedOn, validUntil, renew: () => Promise.reject(new Error('nobody renews it')) };
  return { facts: { ...commitOf('', [0]).facts, permit } };
}

/** Runs the promises against the journal that `open` answers; it is asked once a test. */
export function journalContract<Tx>(name: string, open: () => Promise<Journal<Tx>> | Journal<Tx>): void {
  describe(`${name} keeps the journal's contract`, () => {
    loadingContract(open);

    it('loads nothing from a stream that does not exist', async () => {
      const journal = await open();
      expect(await journal.load(freshStream())).toEqual([]);
    });

    it('loads what was appended, in order, with who asked and when', async () => {
      const journal = await open();
      const stream = freshStream();
      const outcome = await journal.append(commitOf(stream, [0, 'one', 'two']));
      await journal.append(commitOf(stream, [2, 'three']));
      const loaded = await journal.load(stream);
      expect(textsOf(loaded)).toEqual(['one', 'two', 'three']);
      expect(loaded.map(({ revision }) => revision)).toEqual([1, 2, 3]);
      expect(outcome).toEqual({ status: 'committed', recorded: loaded.slice(0, 2) });
      expect(new Set(loaded.map(({ id }) => id)).size).toBe(3);
      expect(loaded[0]).toMatchObject({
        principal: 'a'.repeat(26),
        command: { id: 'command-1', digest: 'd'.repeat(64) },
      });
      expect(loaded[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    });

    it('loads what stands behind a revision', async () => {
      const journal = await open();
      const stream = freshStream();
      await journal.append(commitOf(stream, [0, 'one', 'two', 'three']));
      const [, ...behind] = await journal.load(stream);
      expect(await journal.load(stream, 1)).toEqual(behind);
      expect(textsOf(behind)).toEqual(['two', 'three']);
      expect(await journal.load(stream, 3)).toEqual([]);
      expect(await journal.load(stream, 4)).toEqual([]);
    });

    it('refuses a stale revision and writes nothing', async () => {
      const journal = await open();
      const stream = freshStream();
      await journal.append(commitOf(stream, [0, 'one']));
      expect(await journal.append(commitOf(stream, [0, 'late']))).toEqual({ status: 'conflict' });
      expect(await journal.append(commitOf(stream, [2, 'early']))).toEqual({ status: 'conflict' });
      expect(textsOf(await journal.load(stream))).toEqual(['one']);
    });

    it('lets exactly one of many concurrent appends win', async () => {
      const journal = await open();
      const stream = freshStream();
      const texts = Array.from({ length: 16 }, (_, i) => `writer ${i}`);
      const outcomes = await Promise.all(
        texts.map((text, i) => journal.append(commitOf(stream, [0, text], { withdraws: i % 2 === 0 }))),
      );
      const winners = texts.filter((_, i) => outcomes[i]?.status === 'committed');
      expect(winners).toHaveLength(1);
      expect(textsOf(await journal.load(stream))).toEqual(winners);
    });

    it.each([true, false])('appends on a permit that holds, and on no other (withdraws: %s)', async (withdraws) => {
      const journal = await open();
      const [author, room] = [freshStream(), freshStream()];
      await journal.append(commitOf(author, [0, 'one', 'two']));
      const statusOn = async (authorAt: number, roomAt: number, validUntil?: string) => {
        const decidedOn = [
          { stream: author, revision: authorAt },
          { stream: room, revision: roomAt },
        ];
        const stream = freshStream();
        const commit = commitOf(stream, [0, 'noted'], { withdraws, ...permittedOn(decidedOn, validUntil) });
        const { status } = await journal.append(commit);
        expect(await journal.load(stream)).toHaveLength(status === 'committed' ? 1 : 0);
        return status;
      };
      expect(await statusOn(2, 0)).toBe('committed');
      expect(await statusOn(1, 0)).toBe('stale');
      expect(await statusOn(2, 1)).toBe('stale');
      expect(await statusOn(2, 0, FUTURE)).toBe('committed');
      expect(await statusOn(2, 0, PAST)).toBe('stale');
    });

    it('lets one of two win that take from each other what permits them', async () => {
      const journal = await open();
      const authors = [freshStream(), freshStream()];
      for (const author of authors) await journal.append(commitOf(author, [0, 'admitted']));
      const outcomes = await Promise.all([
        journal.append(commitOf(freshStream(), [0, 'the others wait for this one, and go together'])),
        ...authors.map((author, i) =>
          journal.append(
            commitOf(author, [1, 'suspended'], {
              withdraws: true,
              ...permittedOn([{ stream: authors[1 - i] as string, revision: 1 }]),
            }),
          ),
        ),
      ]);
      expect(
        outcomes
          .slice(1)
          .map(({ status }) => status)
          .toSorted(),
      ).toEqual(['committed', 'stale']);
    });

    it('keeps streams apart', async () => {
      const journal = await open();
      const [left, right] = [freshStream(), freshStream()];
      await Promise.all([journal.append(commitOf(left, [0, 'left'])), journal.append(commitOf(right, [0, 'right']))]);
      expect(textsOf(await journal.load(left))).toEqual(['left']);
      expect(textsOf(await journal.load(right))).toEqual(['right']);
    });

    it('tells those who write alongside what is recorded', async () => {
      const journal = await open();
      const stream = freshStream();
      const told: unknown[] = [];
      const alongside = async (_: Tx, recorded: unknown) => void told.push(recorded);
      await journal.append(commitOf(stream, [0, 'one', 'two'], { alongside }));
      expect(told).toEqual([await journal.load(stream)]);
    });

    it('writes no event where the rows alongside fail, and fails nobody else', async () => {
      const journal = await open();
      const [first, bad, good] = [freshStream(), freshStream(), freshStream()];
      const alongside = () => Promise.reject(new Error('no room'));
      const [, failed, done] = await Promise.allSettled([
        journal.append(commitOf(first, [0, 'the others wait for this one, and go together'])),
        journal.append(commitOf(bad, [0, 'lost'], { alongside })),
        journal.append(commitOf(good, [0, 'kept'])),
      ]);
      expect(failed?.status).toBe('rejected');
      expect(done).toMatchObject({ status: 'fulfilled', value: { status: 'committed' } });
      expect(await journal.load(bad)).toEqual([]);
      expect(textsOf(await journal.load(good))).toEqual(['kept']);
    });
  });
}

/** An access that rests on nothing, with whatever a test wants different. */
function accessOf(rest: Partial<Access> = {}): Access {
  const stream = freshStream();
  return {
    stream,
    aggregate: 'access',
    subject: stream,
    event: noted('obtained'),
    facts: commitOf(stream, [0]).facts,
    decidedOn: [NO_STREAM, NO_STREAM, NO_STREAM],
    validUntilMs: null,
    deadlineMs: Date.now() + 10_000,
    ...rest,
  };
}

let sessions = 0;
function freshSession(): string {
  return `00000000-0000-7000-8000-${String(++sessions).padStart(12, '0')}`;
}

/** All at once, so that those behind the first one are judged together. */
async function statusesOf(journal: AccessJournal, accesses: readonly Access[]): Promise<readonly string[]> {
  const outcomes = await Promise.all(accesses.map((access) => journal.record(access)));
  return outcomes.map(({ status }) => status);
}

/** One service: its journal of decisions, and the journals of accesses of two of its replicas. */
export interface ReplicatedAccesses {
  readonly journal: Journal;
  readonly replicas: readonly [AccessJournal, AccessJournal];
}

/** Runs the promises against the journals that `open` answers; it is asked once a test. */
export function accessJournalContract(
  name: string,
  open: () => Promise<ReplicatedAccesses> | ReplicatedAccesses,
): void {
  describe(`${name} keeps the contract of a journal of accesses`, () => {
    it('records an access whose decision still holds, each with an id and a position of its own', async () => {
      const { journal, replicas } = await open();
      const [secret, workspace, principal] = [freshStream(), freshStream(), freshStream()];
      await journal.append(commitOf(secret, [0, 'one', 'two']));
      await journal.append(commitOf(principal, [0, 'one']));
      const access = accessOf({
        decidedOn: [
          { stream: secret, revision: 2 },
          { stream: workspace, revision: 0 },
          { stream: principal, revision: 1 },
        ],
        validUntilMs: Date.parse(FUTURE),
      });
      const outcomes = await Promise.all([access, access].map((twice) => replicas[0].record(twice)));
      expect(outcomes.map(({ status }) => status)).toEqual(['recorded', 'recorded']);
      expect(new Set(outcomes.map((outcome) => outcome.status === 'recorded' && outcome.eventId)).size).toBe(2);
      expect(new Set(outcomes.map((outcome) => outcome.status === 'recorded' && outcome.position)).size).toBe(2);
    });

    it.each(['secret', 'workspace', 'principal'])('refuses what a stale %s was decided on', async (which) => {
      const { journal, replicas } = await open();
      const place = ['secret', 'workspace', 'principal'].indexOf(which);
      const stream = freshStream();
      const decidedAt = (revision: number) =>
        accessOf({
          decidedOn: [NO_STREAM, NO_STREAM, NO_STREAM].with(place, {
            stream,
            revision,
          }) as unknown as Access['decidedOn'],
        });
      await journal.append(commitOf(stream, [0, 'one', 'two']));
      expect(await statusesOf(replicas[0], [0, 1, 2, 3].map(decidedAt))).toEqual([
        'stale',
        'stale',
        'recorded',
        'stale',
      ]);
    });

    it('refuses a decision whose time has passed', async () => {
      const { replicas } = await open();
      const accesses = [PAST, FUTURE].map((end) => accessOf({ validUntilMs: Date.parse(end) }));
      expect(await statusesOf(replicas[0], accesses)).toEqual(['expired', 'recorded']);
    });

    it('tells of an expired decision when it was judged', async () => {
      const { replicas } = await open();
      const outcome = await replicas[0].record(accessOf({ validUntilMs: Date.parse(PAST) }));
      expect(outcome.status === 'expired' && outcome.time).toMatch(/^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    });

    it('serves each request of a session once, on whichever replica it is repeated', async () => {
      const { replicas } = await open();
      const [one, another] = [freshSession(), freshSession()];
      const deadlineMs = Date.now() + 5_000;
      const ask = (session: string, counter: number): Access => accessOf({ request: { session, counter, deadlineMs } });
      const [here, there] = replicas;
      const asked = [ask(one, 1), ask(one, 2), ask(another, 1)];
      expect(await statusesOf(here, asked)).toEqual(['recorded', 'recorded', 'recorded']);
      expect(await statusesOf(here, asked)).toEqual(['repeated', 'repeated', 'repeated']);
      expect(await statusesOf(there, asked)).toEqual(['repeated', 'repeated', 'repeated']);
      expect(await statusesOf(there, [ask(one, 3), ask(another, 2)])).toEqual(['recorded', 'recorded']);
    });

    it('serves a request once that is asked many times at once', async () => {
      const { replicas } = await open();
      const request = { session: freshSession(), counter: 7, deadlineMs: Date.now() + 5_000 };
      const statuses = await statusesOf(replicas[0], [
        accessOf(),
        ...Array.from({ length: 8 }, () => accessOf({ request })),
      ]);
      expect(statuses).toEqual(['recorded', 'recorded', ...Array(7).fill('repeated')]);
    });

    it('serves requests once that two replicas are asked at once, in opposite orders', async () => {
      const { replicas } = await open();
      const [session, deadlineMs] = [freshSession(), Date.now() + 5_000];
      const accesses = Array.from({ length: 64 }, (_, i) =>
        accessOf({ request: { session, counter: i + 1, deadlineMs } }),
      );
      const [here, there] = await Promise.all([
        statusesOf(replicas[0], accesses),
        statusesOf(replicas[1], accesses.toReversed()),
      ]);
      const ofBoth = here.map((status, i) => [status, there.at(-1 - i)]);
      expect(ofBoth.filter((pair) => pair.includes('recorded') && pair.includes('repeated'))).toHaveLength(64);
    });

    it('takes a request again that was not served, its decision being stale or its time over', async () => {
      const { replicas } = await open();
      const request = { session: freshSession(), counter: 1, deadlineMs: Date.now() + 5_000 };
      const stale = accessOf({ request, decidedOn: [{ stream: freshStream(), revision: 1 }, NO_STREAM, NO_STREAM] });
      const expired = accessOf({ request, validUntilMs: Date.parse(PAST) });
      expect(await statusesOf(replicas[0], [stale, expired])).toEqual(['stale', 'expired']);
      expect(await statusesOf(replicas[1], [accessOf(), stale, accessOf({ request }), expired])).toEqual([
        'recorded',
        'stale',
        'recorded',
        'expired',
      ]);
      expect(await statusesOf(replicas[0], [stale, accessOf({ request })])).toEqual(['stale', 'repeated']);
    });
  });
}
