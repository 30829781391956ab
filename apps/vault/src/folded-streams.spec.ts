/** Streams that are kept folded: what is known may be old, what is current is not, and what was once can be told. */
import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { EventId, Principal, Workspace } from '@keytrail/contracts';
import { JournalUnavailable, memoryJournal, type StreamRevision, TOGETHER_EVENTS } from '@keytrail/eventsourcing';
import { FoldedStreams, type History } from './folded-streams.js';

interface Added {
  readonly type: 'Added';
  readonly data: { readonly amount: number };
}

const UNFOLDABLE = -1;
const fold = {
  initial: { sum: 0 },
  evolve: ({ sum }: { readonly sum: number }, { data }: Added) => {
    if (data.amount === UNFOLDABLE) throw new RangeError('nothing can be made of this');
    return { sum: sum + data.amount };
  },
};
const facts = { principal: 'a'.repeat(26) as Principal, workspace: 'acme' as Workspace, requestId: 'r', detail: {} };
const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 12, minute)).toISOString();
const ROOM_BYTES = 1_000_000;

let minute = 0;
/** The queries: streams that were loaded together, and those that were loaded alone. */
let together: (readonly StreamRevision[])[] = [];
let alone: StreamRevision[] = [];
let fault: Error | null = null;
let beforeAlone: () => Promise<void>;
let journal: ReturnType<typeof memoryJournal>;
let history: History;
let streams: FoldedStreams<{ readonly sum: number }, Added>;

/** Looked up at once, whether they are at hand or not. */
const knownOf = (names: readonly string[]) => Promise.all(names.map(async (name) => streams.known(name)));

beforeEach(() => {
  [minute, together, alone, fault] = [0, [], [], null];
  beforeAlone = async () => {};
  let ids = 0;
  journal = memoryJournal({ newId: () => String(++ids) as EventId, now: () => at(minute) });
  const failing = () => (fault === null ? null : Promise.reject(fault));
  history = {
    load: async (stream, revision = 0) => {
      alone.push({ stream, revision });
      await beforeAlone();
      return (await failing()) ?? journal.load(stream, revision);
    },
    loadTogether: async (behind) => {
      together.push(behind.map(({ stream, revision }) => ({ stream, revision })));
      return (await failing()) ?? journal.loadTogether(behind);
    },
  };
  streams = new FoldedStreams(history, fold, ROOM_BYTES);
});

async function add(stream: string, ...amounts: readonly number[]): Promise<void> {
  minute++;
  const events = amounts.map((amount): Added => ({ type: 'Added', data: { amount } }));
  const { length: expectedRevision } = await journal.load(stream);
  await journal.append({
    stream,
    aggregate: 'sum',
    subject: stream,
    facts,
    withdraws: false,
    expectedRevision,
    events,
  });
}

const ones = (count: number) => Array.from({ length: count }, () => 1);
const namesOf = (count: number) => Array.from({ length: count }, (_, i) => `stream ${i}`);

it('what is known is what was there when somebody last looked', async () => {
  await add('a', 1);
  expect(await streams.known('a')).toMatchObject({ revision: 1, state: { sum: 1 } });
  await add('a', 2);
  expect(streams.known('a')).toMatchObject({ revision: 1, state: { sum: 1 } });
  expect(together).toHaveLength(1);
  expect(await streams.current('a')).toEqual({ stream: 'a', revision: 2, state: { sum: 3 } });
  expect(streams.known('a')).toMatchObject({ revision: 2 });
});

it('what is at hand is told at once, without a promise', async () => {
  await streams.known('a');
  expect(streams.known('a')).not.toBeInstanceOf(Promise);
});

it('what is current costs no more than what has come since', async () => {
  await add('a', 1);
  await streams.current('a');
  await add('a', 2);
  await streams.current('a');
  expect(together).toEqual([[{ stream: 'a', revision: 0 }], [{ stream: 'a', revision: 1 }]]);
});

it('a look that comes back late takes nothing back', async () => {
  await add('a', 1);
  const late = streams.current('a');
  while (together.length === 0) await turn();
  await add('a', 2);
  await streams.current('a');
  await late;
  expect(streams.known('a')).toMatchObject({ revision: 2, state: { sum: 3 } });
});

it('a stream that is not there has amounted to nothing', async () => {
  expect(await streams.known('a')).toEqual({ stream: 'a', revision: 0, state: { sum: 0 } });
});

it('a moment of the past is told as it stood', async () => {
  for (const amount of [1, 2, 4]) await add('a', amount);
  expect(await streams.asOf('a', at(2))).toEqual({ stream: 'a', revision: 2, state: { sum: 3 } });
  expect(await streams.asOf('a', at(0))).toMatchObject({ revision: 0, state: { sum: 0 } });
});

describe('many that are not at hand', () => {
  it('are loaded with few queries, each to what it amounts to', async () => {
    const names = namesOf(1_000);
    for (const [i, name] of names.entries()) if (i % 3 > 0) await add(name, i);
    const known = await knownOf(names);
    expect(known.map(({ state }) => state.sum)).toEqual(names.map((_, i) => (i % 3 > 0 ? i : 0)));
    expect(together.map(({ length }) => length)).toEqual([256, 256, 256, 232]);
    expect(alone).toEqual([]);
  });

  it('of one name are loaded once, known and current alike, and also by who comes while it is loaded', async () => {
    await add('a', 1);
    const early = [knownOf(['a', 'a', 'a']), streams.current('a')];
    while (together.length === 0) await turn();
    const all = await Promise.all([...early, knownOf(['a'])]);
    expect(new Set(all.flat()).size).toBe(1);
    expect(together).toHaveLength(1);
  });

  it('are not told an older state than there was when they asked for the current one', async () => {
    const early = streams.current('a');
    while (together.length === 0) await turn();
    await add('a', 1);
    expect(await streams.current('a')).toMatchObject({ revision: 1 });
    await early;
    expect(together).toHaveLength(2);
  });

  it('do not wait for one that is long, which is loaded alone', async () => {
    await add('long', ...ones(TOGETHER_EVENTS + 1));
    await add('short', 1);
    const gate = Promise.withResolvers<void>();
    beforeAlone = () => gate.promise;
    const long = streams.known('long');
    expect(await streams.known('short')).toMatchObject({ state: { sum: 1 } });
    gate.resolve();
    expect(await long).toMatchObject({ revision: TOGETHER_EVENTS + 1, state: { sum: TOGETHER_EVENTS + 1 } });
    expect(alone).toEqual([{ stream: 'long', revision: 0 }]);
  });

  it('and are long, are loaded two at a time', async () => {
    const names = namesOf(6);
    for (const name of names) await add(name, ...ones(TOGETHER_EVENTS + 1));
    let [underWay, most] = [0, 0];
    beforeAlone = async () => {
      most = Math.max(most, ++underWay);
      await turn();
      underWay--;
    };
    await knownOf(names);
    expect(alone.map(({ stream }) => stream)).toEqual(names);
    expect(most).toBe(2);
  });

  it('do not fail with one of which nothing can be made', async () => {
    await add('good', 1);
    await add('bad', UNFOLDABLE);
    const [good, bad] = await Promise.allSettled([streams.known('good'), streams.known('bad')]);
    expect(together).toHaveLength(1);
    expect(good).toMatchObject({ status: 'fulfilled', value: { state: { sum: 1 } } });
    expect(bad).toMatchObject({ status: 'rejected', reason: expect.any(RangeError) });
    expect(streams.known('good')).toMatchObject({ revision: 1 });
    await expect(streams.known('bad')).rejects.toThrow(RangeError);
  });

  it('fail together where the journal does, and are loaded anew by who asks again', async () => {
    await add('a', 1);
    fault = new JournalUnavailable('away');
    const failed = await Promise.allSettled(['a', 'b'].map(async (name) => streams.known(name)));
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fault = null;
    expect(await streams.known('a')).toMatchObject({ revision: 1 });
  });
});

describe('what is kept', () => {
  it('is no more than there is room for, and goes by how long nobody has asked for it', async () => {
    const probe = new FoldedStreams(history, fold, ROOM_BYTES);
    await probe.known('a');
    const { bytes } = probe.readings();
    streams = new FoldedStreams(history, fold, 2 * bytes + 1);
    for (const stream of ['a', 'b', 'a', 'c']) await streams.known(stream);
    expect(streams.readings().bytes).toBe(2 * bytes);
    together = [];
    for (const stream of ['a', 'c', 'b']) await streams.known(stream);
    expect(together).toEqual([[{ stream: 'b', revision: 0 }]]);
  });

  it('may be nothing at all: then each look is at the journal, and right', async () => {
    streams = new FoldedStreams(history, fold, 1);
    for (const amount of [1, 2]) {
      await add('a', amount);
      expect(await streams.known('a')).toEqual(await streams.current('a'));
    }
    expect(await streams.known('a')).toMatchObject({ revision: 2, state: { sum: 3 } });
    expect(streams.readings()).toMatchObject({ hits: 0, misses: 3, bytes: 0 });
  });

  it('is counted, and whoever found what they looked for in it', async () => {
    expect(streams.readings()).toEqual({ hits: 0, misses: 0, bytes: 0 });
    await knownOf(['a', 'a', 'b']);
    await streams.current('a');
    await streams.known('a');
    const { bytes, ...lookups } = streams.readings();
    expect(lookups).toEqual({ hits: 1, misses: 3 });
    expect(bytes).toBeGreaterThan(200);
    expect(bytes).toBeLessThan(800);
  });
});
