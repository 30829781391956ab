/** The judge of the rebuilt bus finds what is planted for it. */
import { describe, expect, it } from '@jest/globals';
import { judgeRebuiltBus, type BusHistory, type Message, type Wipe } from './7-rebuilt-bus.judge.js';

const message = (sequence: number, id: string): Message => ({ sequence, id, digest: `digest of ${id}` });
const [a, b, c] = [message(1, 'a'), message(2, 'b'), message(3, 'c')];
const wipe: Wipe = { how: 'deleted', youngestMs: 900, before: [a, b], after: [a, b] };
const reader = ['a', 'b', 'c'].map((id, i) => ({ ordinal: i + 1, id }));
const good: BusHistory = { wipes: [wipe], journal: ['a', 'b', 'c'], stream: [a, b, c], reader };

const broken = (planted: Partial<BusHistory>) => judgeRebuiltBus({ ...good, ...planted }).violations;

it('a good history has nothing against it', () => {
  expect(judgeRebuiltBus(good)).toEqual({
    tried: 1,
    violations: [],
    details: { ways: { deleted: 1 }, messagesCompared: 2, events: 3, youngestMs: 900 },
  });
});

describe('a wipe', () => {
  it.each<[string, Partial<Wipe>, string]>([
    [
      'that changed a message',
      { after: [a, { ...b, digest: 'x' }] },
      '1 messages are not what they were, the first is 2',
    ],
    ['that moved a message', { after: [a, { ...b, sequence: 3 }] }, 'the first is 2'],
    ['after which messages have changed places', { after: [b, a] }, '2 messages'],
    ['that came too late', { youngestMs: 130_000 }, 'nothing about the dedupe window'],
    ['of nothing', { before: [], after: [] }, 'shows nothing'],
  ])('%s is found', (_what, planted, said) => {
    expect(broken({ wipes: [wipe, { ...wipe, ...planted }] })).toEqual([expect.stringContaining(said)]);
  });

  it('that swallowed messages is found', () => {
    expect(broken({ wipes: [{ ...wipe, after: [a] }] })).toHaveLength(2);
  });
});

describe('in the end', () => {
  it.each<[string, Partial<BusHistory>, string]>([
    ['an event is missing from the stream', { stream: [a, c] }, 'the stream is not the journal: event 2'],
    ['the stream holds one too many', { stream: [a, b, c, message(4, 'a')] }, 'the stream holds 1 events too many'],
    ['the reader has missed the last one', { reader: reader.slice(0, 2) }, 'the reader is not the journal: event 3'],
    [
      'the reader has one twice',
      { reader: [...reader, { ordinal: 4, id: 'c' }] },
      'the reader holds 1 events too many',
    ],
    ['the reader has a wrong ordinal', { reader: [...reader.slice(0, 2), { ordinal: 4, id: 'c' }] }, 'wrong ordinal'],
  ])('%s', (_what, planted, said) => {
    expect(broken(planted)).toEqual([expect.stringContaining(said)]);
  });
});
