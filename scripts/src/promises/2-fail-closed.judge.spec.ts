/** The judge of the faults finds what is planted for it. */
import { describe, expect, it } from '@jest/globals';
import { judgeFailClosed, type FaultRecord } from './2-fail-closed.judge.js';

const refused = { code: 'journal.unavailable', inTime: true };
const down: FaultRecord = { fault: 'down', requests: [refused, refused], start: null, recovered: true, skipped: null };
const unsafe: FaultRecord = { ...down, fault: 'fsync off', start: 'refused with the reason' };
const full: FaultRecord = { ...down, fault: 'disk full', requests: [], skipped: 'mounting is not allowed' };

it('a good history has nothing against it; what could not be tried is named and does not count', () => {
  expect(judgeFailClosed([down, unsafe, full])).toEqual({
    tried: 4,
    violations: [],
    details: {
      released: 0,
      startsRefused: 1,
      codes: { down: { 'journal.unavailable': 2 }, 'fsync off': { 'journal.unavailable': 2 } },
      skipped: ['disk full: mounting is not allowed'],
    },
  });
});

describe('a fault', () => {
  it.each<[string, FaultRecord, string]>([
    ['that lets a value out', { ...down, requests: [{ code: null, inTime: true }] }, 'down: a value was released'],
    ['that is told as something else', { ...down, requests: [{ code: 'internal', inTime: true }] }, 'with internal'],
    ['that is told too late', { ...down, requests: [{ ...refused, inTime: false }] }, 'after its deadline'],
    ['under which a vault starts', { ...unsafe, start: 'started' }, 'fsync off: a vault has started'],
    ['that is a riddle', { ...unsafe, start: 'refused without the reason' }, 'did not say why'],
    ['that outlasts its cure', { ...down, recovered: false }, 'not released after the cure'],
    ['that met nobody', { ...down, requests: [] }, 'shows nothing'],
  ])('%s is found', (_what, planted, said) => {
    expect(judgeFailClosed([planted]).violations).toEqual([expect.stringContaining(said)]);
  });
});
