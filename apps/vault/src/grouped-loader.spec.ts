/** Look-ups that go together: how many, what is told to whom, and who fails with whom. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { JournalUnavailable } from '@keytrail/eventsourcing';
import { groupedLoader } from './grouped-loader.js';

type Answer = (key: string) => string | Promise<string>;

/** Answers what `answer` says of each key, and remembers who was looked up with whom. */
function loaderOf(answer: Answer, groupItems?: number) {
  const groups: (readonly string[])[] = [];
  const load = groupedLoader<string, string>({
    load: async (keys) => {
      groups.push(keys);
      await turn();
      return keys.map((key) => answer(key));
    },
    nameOf: (key) => key,
    ...(groupItems !== undefined && { groupItems }),
  });
  return { groups, load };
}

const doubled: Answer = (key) => key + key;
const keysOf = (count: number) => Array.from({ length: count }, (_, i) => `key ${i}`);

describe('what is asked for in one turn of the event loop', () => {
  it('is looked up together, and each is told its own', async () => {
    const { groups, load } = loaderOf(doubled);
    const keys = keysOf(100);
    expect(await Promise.all(keys.map(load))).toEqual(keys.map(doubled));
    expect(groups).toEqual([keys]);
  });

  it('is looked up with what was asked for in the steps of that turn', async () => {
    const { groups, load } = loaderOf(doubled);
    const later = async (key: string) => {
      for (let step = 0; step < 5; step++) await Promise.resolve();
      return load(key);
    };
    await Promise.all([load('a'), later('b')]);
    expect(groups).toEqual([['a', 'b']]);
  });

  it('is looked up once, whoever asks for the same', async () => {
    const { groups, load } = loaderOf(doubled);
    expect(await Promise.all(['a', 'b', 'a', 'a'].map(load))).toEqual(['aa', 'bb', 'aa', 'aa']);
    expect(groups).toEqual([['a', 'b']]);
  });

  it('goes in groups that are no larger than they may be, in the order in which it was asked for', async () => {
    const { groups, load } = loaderOf(doubled, 3);
    const keys = keysOf(8);
    expect(await Promise.all(keys.map(load))).toEqual(keys.map(doubled));
    expect(groups).toEqual([keys.slice(0, 3), keys.slice(3, 6), keys.slice(6)]);
  });

  it('goes in groups of 256 where nothing else is said', async () => {
    const { groups, load } = loaderOf(doubled);
    await Promise.all(keysOf(600).map(load));
    expect(groups.map(({ length }) => length)).toEqual([256, 256, 88]);
  });
});

describe('while groups are under way', () => {
  it('there are two of them at most, and what comes meanwhile goes together behind them', async () => {
    let [underWay, most] = [0, 0];
    const groups: (readonly string[])[] = [];
    const gates: (() => void)[] = [];
    const load = groupedLoader<string, string>({
      load: async (keys) => {
        groups.push(keys);
        most = Math.max(most, ++underWay);
        await new Promise<void>((open) => gates.push(open));
        underWay--;
        return keys;
      },
      nameOf: (key) => key,
    });
    const asked = [];
    for (const key of ['a', 'b', 'c', 'd']) {
      asked.push(load(key));
      await turn();
    }
    expect(groups).toEqual([['a'], ['b']]);
    for (let i = 0; i < 3; i++) {
      while (gates[i] === undefined) await turn();
      gates[i]?.();
    }
    expect(await Promise.all(asked)).toEqual(['a', 'b', 'c', 'd']);
    expect(groups).toEqual([['a'], ['b'], ['c', 'd']]);
    expect(most).toBe(2);
  });

  it('nobody joins a look-up that had begun before they asked', async () => {
    let state = 'before';
    const { groups, load } = loaderOf(() => state);
    const early = load('a');
    while (groups.length === 0) await turn();
    const late = load('a');
    state = 'after';
    expect([await early, await late]).toEqual(['after', 'after']);
    expect(groups).toEqual([['a'], ['a']]);
  });
});

describe('of a group', () => {
  const failing = new Error('of this key');
  const outcomesOf = async (asked: readonly Promise<string>[]) =>
    (await Promise.allSettled(asked)).map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as unknown)));

  it('one whose outcome is a failure fails alone', async () => {
    const { load } = loaderOf((key) => (key === 'b' ? Promise.reject(failing) : doubled(key)));
    expect(await outcomesOf(['a', 'b', 'c'].map(load))).toEqual(['aa', failing, 'cc']);
  });

  it('one that takes long keeps neither the others nor the next group waiting', async () => {
    const gate = Promise.withResolvers<string>();
    const { load } = loaderOf((key) => (key === 'long' ? gate.promise : doubled(key)));
    const long = load('long');
    expect(await load('a')).toBe('aa');
    expect(await load('b')).toBe('bb');
    gate.resolve('at last');
    expect(await long).toBe('at last');
  });

  /** Refuses every group that the key `bad` is in. */
  const refusing = (error: Error) => {
    const groups: (readonly string[])[] = [];
    const load = groupedLoader<string, string>({
      load: async (keys) => {
        groups.push(keys);
        if (keys.includes('bad')) throw error;
        return keys;
      },
      nameOf: (key) => key,
    });
    return { groups, load };
  };

  it('one that fails all of them is found by trying each again alone', async () => {
    const cause = Object.assign(new Error('said by PostgreSQL'), { code: '22021' });
    const refusal = new JournalUnavailable('it cannot be read', { cause });
    const { groups, load } = refusing(refusal);
    expect(await outcomesOf(['a', 'bad', 'c'].map(load))).toEqual(['a', refusal, 'c']);
    expect(groups).toEqual([['a', 'bad', 'c'], ['a'], ['bad'], ['c']]);
  });

  it('none is tried again where the world has failed all of them, and the next group is', async () => {
    const fault = new JournalUnavailable('it cannot be read', { cause: new Error('Query read timeout') });
    const { groups, load } = refusing(fault);
    expect(await outcomesOf(['a', 'bad', 'c'].map(load))).toEqual([fault, fault, fault]);
    expect(await load('a')).toBe('a');
    expect(groups).toEqual([['a', 'bad', 'c'], ['a']]);
  });
});
