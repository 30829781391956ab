/** The judge of the sealed bus finds what is planted for it. */
import { describe, expect, it } from '@jest/globals';
import type { SearchedRecording } from './12-recording.js';
import { judgeSealed, type ForgedRecord, type SealedHistory } from './12-sealed.judge.js';
import { ENCODINGS } from './15-nothing-in-clear.judge.js';

const decoys = [
  ...ENCODINGS.map((encoding) => ({ place: 'bus', needle: 3, encoding })),
  { place: 'bus', needle: 4, encoding: 'raw' as const },
];
const recording: SearchedRecording = { messages: 9, bytes: 99, canaries: 3, stored: 2, intact: 2, found: decoys };
const replayed: ForgedRecord = { forgery: 'replayed: once', said: 'sealed auth.session_invalid', accepted: false };
const good: SealedHistory = {
  recording,
  forgeries: ['replayed: once'],
  times: 1,
  attempts: ['replayed: once'],
  forged: [replayed],
  honest: [
    { requestId: 'r-1', got: 'intact' },
    { requestId: 'r-2', got: 'unheard' },
  ],
  released: ['r-1'],
};

const broken = (planted: Partial<SealedHistory>) => judgeSealed({ ...good, ...planted }).violations;
const recorded = (planted: Partial<SearchedRecording>) => broken({ recording: { ...recording, ...planted } });

it('a good history has nothing against it', () => {
  expect(judgeSealed(good)).toEqual({
    tried: 1,
    violations: [],
    details: {
      recorded: { messages: 9, bytes: 99, values: 3 },
      plaintextsSeen: 0,
      forgeries: 1,
      forgedMessages: 1,
      forgeriesAccepted: 0,
      servedTwice: 0,
      honest: 2,
      honestServed: 1,
      said: { 'sealed auth.session_invalid': 1 },
    },
  });
});

describe('a recording', () => {
  it.each<[string, Partial<SearchedRecording>, string]>([
    ['with a value', { found: [...decoys, { place: 'bus', needle: 2, encoding: 'hex' }] }, 'value 2 went over the bus'],
    ['that is blind to a form', { found: decoys.slice(1) }, 'does not have decoy 0 as raw'],
    ['that does not hear honest requests', { found: decoys.slice(0, -1) }, 'does not have decoy 1 as raw'],
    ['of values that were lost', { intact: 1 }, '1 values were not obtained'],
    ['of nothing', { stored: 0, intact: 0 }, 'shows nothing'],
  ])('%s is found', (_what, planted, said) => {
    expect(recorded(planted)).toEqual([expect.stringContaining(said)]);
  });
});

describe('a forgery', () => {
  it.each<[string, Partial<SealedHistory>, string]>([
    ['that is accepted', { forged: [replayed, { ...replayed, accepted: true, said: 'ok' }] }, 'was accepted: ok'],
    ['that is served beside the genuine request', { released: ['r-1', 'r-1'] }, 'r-1 was served more than once'],
    ['that is served in its place', { released: ['r-1', 'forged'] }, 'released to forged, which nobody honest sent'],
    ['that was left out', { forgeries: ['replayed: once', 'other'] }, '"other" was tried 0 times'],
    ['that met one replica only', { forged: [{ ...replayed, said: 'auth.session_invalid' }] }, 'shows nothing'],
  ])('%s is found', (_what, planted, said) => {
    expect(broken(planted)).toEqual([expect.stringContaining(said)]);
  });
});

describe('an honest request', () => {
  it.each<[string, Partial<SealedHistory>, string]>([
    [
      'that is refused',
      { honest: [...good.honest, { requestId: 'r-3', got: 'auth.invalid' }] },
      'r-3 got: auth.invalid',
    ],
    ['that gets another value', { honest: [{ requestId: 'r-1', got: 'another value' }] }, 'got: another value'],
    ['without an event', { released: [] }, 'r-1 was served without an event'],
    ['that nobody made', { honest: [], released: [] }, 'shows nothing'],
  ])('%s is found', (_what, planted, said) => {
    expect(broken(planted)).toEqual([expect.stringContaining(said)]);
  });
});
