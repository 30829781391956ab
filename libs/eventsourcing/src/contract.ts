/** What every journal promises, as a suite of tests that each implementation runs. */
import { describe, expect, it } from '@jest/globals';
import type { Principal, Workspace } from '@keytrail/contracts';
import type { Commit, DomainEvent, Journal } from './journal.js';

type Noted = { readonly type: 'Noted'; readonly data: { readonly text: string } };

const noted = (text: string): Noted => ({ type: 'Noted', data: { text } });
const textsOf = (recorded: readonly { readonly event: DomainEvent }[]) =>
  recorded.map(({ event }) => (event as Noted).data.text);

let streams = 0;
const freshStream = () => `note-${process.pid}-${++streams}`;

/** A commit of notes, with whatever a test wants different. */
function commitOf(stream: string, [expectedRevision, ...texts]: readonly [number, ...string[]], rest = {}) {
  return {
    stream,
    aggregate: 'note',
    subject: stream,
    expectedRevision,
    events: texts.map(noted),
    withdraws: false,
    facts: {
      workspace: 'acme' as Workspace,
      principal: 'a'.repeat(26) as Principal,
      requestId: 'request-1',
      command: { id: 'command-1', digest: 'd'.repeat(64) },
      detail: {},
    },
    ...rest,
  } satisfies Commit<Noted>;
}

/** Runs the promises against the journal that `open` answers; it is asked once a test. */
export function journalContract<Tx>(name: string, open: () => Promise<Journal<Tx>> | Journal<Tx>): void {
  describe(`${name} keeps the journal's contract`, () => {
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
