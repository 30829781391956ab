/** When a stream is whole, and when it must be made afresh. */
import { describe, expect, it } from '@jest/globals';
import type { StreamFacts } from './stream-health.js';
import { damageOf } from './stream-health.js';

const DAY = 86_400_000;
const whole: StreamFacts = {
  nowMs: 100 * DAY,
  createdMs: 0,
  asConfigured: true,
  messages: 50,
  firstSeq: 1,
  lastSeq: 50,
  lastStoredMs: 99 * DAY,
  deleted: 0,
};
const maxAgeMs = 30 * DAY;

describe('a stream is whole', () => {
  it.each<[string, Partial<StreamFacts>]>([
    ['with all its messages', {}],
    [
      'before its first message',
      { messages: 0, firstSeq: 0, lastSeq: 0, lastStoredMs: Number.NaN, createdMs: 99 * DAY },
    ],
    ['when old messages have left from the front', { firstSeq: 41, messages: 10 }],
    ['when all its messages have grown too old', { messages: 0, firstSeq: 51, lastStoredMs: 69 * DAY }],
  ])('%s', (_when, facts) => {
    expect(damageOf({ ...whole, ...facts }, null, maxAgeMs)).toBeNull();
  });

  it('when the last message of an earlier look has grown too old', () => {
    const seen = { lastSeq: 40, lastStoredMs: 70 * DAY };
    expect(damageOf({ ...whole, firstSeq: 41 }, seen, maxAgeMs)).toBeNull();
  });
});

describe('a stream is damaged', () => {
  it.each<[string, Partial<StreamFacts>]>([
    ['when its settings were changed', { asConfigured: false }],
    ['when messages are missing from its middle', { deleted: 1 }],
    ['when it lost its front before anything could grow old', { firstSeq: 2, createdMs: 71 * DAY }],
    ['when it was emptied', { messages: 0, firstSeq: 51 }],
  ])('%s', (_when, facts) => {
    expect(damageOf({ ...whole, ...facts }, null, maxAgeMs)).not.toBeNull();
  });

  it('when it was emptied between two looks and written to since', () => {
    const seen = { lastSeq: 40, lastStoredMs: 71 * DAY };
    expect(damageOf({ ...whole, firstSeq: 41 }, seen, maxAgeMs)).not.toBeNull();
  });
});
