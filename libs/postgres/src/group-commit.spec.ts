/** How requests share a commit, and how one cannot fail another. */
import { describe, expect, it } from '@jest/globals';
import { type Enqueue, groupCommit } from './group-commit.js';

const soon = () => Date.now() + 60_000;

/** A commit that waits until it is let go, and keeps the batches it was given. */
function heldCommit(outcome: (item: string) => string | Error = (item) => `done ${item}`) {
  const batches: string[][] = [];
  const held: (() => void)[] = [];
  const commit = async (batch: readonly string[]) => {
    batches.push([...batch]);
    await new Promise<void>((resolve) => held.push(resolve));
    return batch.map((item) => {
      const result = outcome(item);
      if (result instanceof Error) throw result;
      return result;
    });
  };
  const letGo = async () => {
    held.shift()?.();
    await turn();
  };
  return { commit, batches, letGo };
}

/** One turn of the event loop, and what it has begun. */
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** The first of them is on its way when the others come. */
async function oneAhead<R>(enqueue: Enqueue<string, R>, first: string, ...others: readonly string[]) {
  const ahead = enqueue(first, soon());
  await turn();
  return Promise.allSettled([ahead, ...others.map((item) => enqueue(item, soon()))]);
}
const valuesOf = (outcomes: readonly PromiseSettledResult<unknown>[]) =>
  outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.status));

describe('group commit', () => {
  it('commits together what arrives together, and answers each its own', async () => {
    const { commit, batches, letGo } = heldCommit();
    const enqueue = groupCommit({ commit, isOfOneItem: () => true, batchItems: 10, commits: 1, queueItems: 10 });
    const answers = Promise.all(['a', 'b', 'c'].map((item) => enqueue(item, soon())));
    await turn();
    await letGo();
    expect(batches).toEqual([['a', 'b', 'c']]);
    expect(await answers).toEqual(['done a', 'done b', 'done c']);
  });

  it('commits together what arrived while a commit was in flight', async () => {
    const { commit, batches, letGo } = heldCommit();
    const enqueue = groupCommit({ commit, isOfOneItem: () => true, batchItems: 10, commits: 1, queueItems: 10 });
    const answers = oneAhead(enqueue, 'a', 'b', 'c');
    await turn();
    await letGo();
    await letGo();
    expect(batches).toEqual([['a'], ['b', 'c']]);
    expect(valuesOf(await answers)).toEqual(['done a', 'done b', 'done c']);
  });

  it('begins a further commit while one is in flight where enough wait, and no more than it may', async () => {
    const { commit, batches, letGo } = heldCommit();
    const enqueue = groupCommit({ commit, isOfOneItem: () => true, batchItems: 100, commits: 2, queueItems: 100 });
    const answers: Promise<string>[] = [];
    const come = async (what: string, count: number): Promise<void> => {
      answers.push(...Array.from({ length: count }, (_, i) => enqueue(`${what}${i}`, soon())));
      await turn();
    };
    await come('a', 1);
    await come('b', 15);
    expect(batches.map(({ length }) => length)).toEqual([1]);
    await come('c', 1);
    await come('d', 50);
    expect(batches.map(({ length }) => length)).toEqual([1, 16]);
    for (let i = 0; i < 3; i++) await letGo();
    expect(batches.map(({ length }) => length)).toEqual([1, 16, 50]);
    expect(await Promise.all(answers)).toHaveLength(67);
  });

  it('takes no more than a batch holds', async () => {
    const { commit, batches, letGo } = heldCommit();
    const enqueue = groupCommit({ commit, isOfOneItem: () => true, batchItems: 2, commits: 1, queueItems: 10 });
    const answers = Promise.all(['a', 'b', 'c', 'd', 'e'].map((item) => enqueue(item, soon())));
    await turn();
    for (let i = 0; i < 3; i++) await letGo();
    expect(batches).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    await answers;
  });

  it('refuses what the queue cannot hold', async () => {
    const { commit, letGo } = heldCommit();
    const enqueue = groupCommit({ commit, isOfOneItem: () => true, batchItems: 1, commits: 1, queueItems: 1 });
    const first = enqueue('a', soon());
    await turn();
    const second = enqueue('b', soon());
    await expect(enqueue('c', soon())).rejects.toMatchObject({ code: 'service.overloaded' });
    await letGo();
    await letGo();
    expect(await Promise.all([first, second])).toEqual(['done a', 'done b']);
  });

  it('tries a failed batch one by one, so that one item fails alone', async () => {
    const { commit, batches, letGo } = heldCommit((item) => (item === 'bad' ? new Error('bad row') : `done ${item}`));
    const enqueue = groupCommit({ commit, isOfOneItem: () => true, batchItems: 10, commits: 1, queueItems: 10 });
    const answers = Promise.allSettled(['b', 'bad', 'c'].map((item) => enqueue(item, soon())));
    await turn();
    for (let i = 0; i < 4; i++) await letGo();
    expect(batches).toEqual([['b', 'bad', 'c'], ['b'], ['bad'], ['c']]);
    expect(valuesOf(await answers)).toEqual(['done b', 'rejected', 'done c']);
  });

  it('tries nothing again that nobody waits for any more', async () => {
    const { commit, batches, letGo } = heldCommit((item) => (item === 'bad' ? new Error('bad row') : `done ${item}`));
    const enqueue = groupCommit({ commit, isOfOneItem: () => true, batchItems: 10, commits: 1, queueItems: 10 });
    const brief = Date.now() + 50;
    const answers = Promise.allSettled([enqueue('bad', soon()), enqueue('late', brief)]);
    await turn();
    await new Promise((resolve) => setTimeout(resolve, 60));
    await letGo();
    await letGo();
    expect(batches).toEqual([['bad', 'late'], ['bad']]);
    expect((await answers)[1]).toMatchObject({ reason: { code: 'request.deadline_exceeded' } });
  });

  it('never tries again where the first try may have been written', async () => {
    const { commit, batches, letGo } = heldCommit(() => new Error('connection lost'));
    const enqueue = groupCommit({ commit, isOfOneItem: () => false, batchItems: 10, commits: 1, queueItems: 10 });
    const answers = Promise.allSettled(['b', 'c'].map((item) => enqueue(item, soon())));
    await turn();
    await letGo();
    expect(batches).toEqual([['b', 'c']]);
    expect(valuesOf(await answers)).toEqual(['rejected', 'rejected']);
  });

  it('drops what nobody waits for any more', async () => {
    const { commit, batches, letGo } = heldCommit();
    const enqueue = groupCommit({ commit, isOfOneItem: () => true, batchItems: 10, commits: 1, queueItems: 10 });
    const first = enqueue('a', soon());
    const answers = Promise.allSettled([first, enqueue('late', Date.now() - 1)]);
    await turn();
    await letGo();
    expect(await answers).toMatchObject([{ value: 'done a' }, { reason: { code: 'request.deadline_exceeded' } }]);
    expect(batches).toEqual([['a']]);
  });

  it('tells an observer what was committed, what was refused and why, and how many wait', async () => {
    const { commit, letGo } = heldCommit((item) => (item === 'bad' ? new Error('bad row') : `done ${item}`));
    const told: unknown[] = [];
    let queued = () => NaN;
    const observe = (reader: () => number) => {
      queued = reader;
      return {
        committed: (items: number, durationMs: number) => void told.push(['committed', items, durationMs >= 0]),
        refused: (cause: string, items: number) => void told.push([cause, items]),
      };
    };
    const enqueue = groupCommit({
      commit,
      isOfOneItem: () => false,
      batchItems: 2,
      commits: 1,
      queueItems: 3,
      observe,
    });
    const ahead = enqueue('a', soon());
    await turn();
    const answers = Promise.allSettled([
      ahead,
      enqueue('late', Date.now() - 1),
      enqueue('b', soon()),
      enqueue('bad', soon()),
      enqueue('too many', soon()),
    ]);
    expect(queued()).toBe(3);
    for (let i = 0; i < 3; i++) await letGo();
    await answers;
    expect(told).toEqual([
      ['full', 1],
      ['committed', 1, true],
      ['late', 1],
      ['committed', 1, true],
      ['failed', 1],
    ]);
    expect(queued()).toBe(0);
  });
});
