/** The judge of the order finds what is planted for it. */
import { describe, expect, it } from '@jest/globals';
import { judgeOneOrder, type OrderHistory, type SeenEvent } from './6-one-order.judge.js';

const journal = ['a', 'b', 'c', 'd'];
const seen: readonly SeenEvent[] = journal.map((id, i) => ({ ordinal: i + 1, id }));
const [first, second, third, fourth] = seen as [SeenEvent, SeenEvent, SeenEvent, SeenEvent];
const good: OrderHistory = {
  writers: [['a', 'c'], ['b']],
  unknown: 1,
  journal,
  readers: { one: seen, two: seen },
  interruptions: 5,
};

const broken = (planted: Partial<OrderHistory>) => judgeOneOrder({ ...good, ...planted }).violations;

it('a good history has nothing against it; an event that nobody acknowledged may stand', () => {
  expect(judgeOneOrder(good)).toEqual({
    tried: 4,
    violations: [],
    details: { writers: 2, readers: 2, interruptions: 5, unknown: 1, missing: 0, doubled: 0, outOfOrder: 0 },
  });
});

describe('a reader', () => {
  it.each<[string, readonly SeenEvent[], string]>([
    ['that misses one', [first, second, fourth], '1 events were never seen by two'],
    ['that stopped early', [first, second, third], '1 events were never seen by two'],
    ['that saw one twice', [first, second, second, third, fourth], '1 events were seen more than once by two'],
    ['that saw two the other way round', [first, third, second, fourth], '1 events were seen out of order by two'],
    ['that was given a wrong ordinal', [first, { ...second, ordinal: 3 }, third, fourth], 'out of order by two'],
    ['that saw a stranger', [...seen, { ordinal: 5, id: 'x' }], 'not in the journal were seen by two'],
  ])('%s is found', (_what, two, said) => {
    expect(broken({ readers: { one: seen, two } })).toEqual([expect.stringContaining(said)]);
  });

  it('is needed, and so is a writer', () => {
    expect(broken({ readers: {} })).toEqual([expect.stringContaining('shows nothing')]);
    expect(broken({ writers: [], journal: [], readers: { one: [] } })).toEqual([expect.stringContaining('nothing')]);
  });
});

describe('a writer', () => {
  it('whose event is lost is found', () => {
    expect(broken({ writers: [['a', 'lost']] })).toEqual(['1 acknowledged events are missing from the journal']);
  });

  it('whose events changed places is found', () => {
    expect(broken({ writers: [['c', 'a']] })).toEqual([expect.stringContaining('another order')]);
  });
});
