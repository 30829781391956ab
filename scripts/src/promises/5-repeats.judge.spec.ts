/** The judge of the repetitions finds what is planted for it. */
import { describe, expect, it } from '@jest/globals';
import { judgeRepeats, type RepeatHistory } from './5-repeats.judge.js';

const change = { commandId: 'c', attempts: 3, unanswered: 1, answers: ['{"version":1}', '{"version":1}'] };
const access = { first: 'r', attempts: ['r', 'r-1'], revoked: false, released: ['first', 'second'] };
const created = { id: 'created', type: 'SecretCreated', requestId: 'x', commandId: 'c', repeatOf: null, count: 1 };
const event = (id: string, requestId: string, repeatOf: string | null) => ({
  id,
  type: 'SecretDecrypted',
  requestId,
  commandId: null,
  repeatOf,
  count: 1,
});
const [first, second] = [event('first', 'r', null), event('second', 'r-1', 'r')];
const journal = [created, first, second];
const good: RepeatHistory = { changes: [change], accesses: [access], journal };

const broken = (planted: Partial<RepeatHistory>) => judgeRepeats({ ...good, ...planted }).violations;

it('a good history has nothing against it', () => {
  expect(judgeRepeats(good)).toEqual({
    tried: 2,
    violations: [],
    details: {
      changes: 1,
      accesses: 1,
      attempts: 5,
      unanswered: 1,
      doubleEffects: 0,
      released: 2,
      repeatedAccesses: 1,
    },
  });
});

describe('a repeated change', () => {
  it.each<[string, Partial<RepeatHistory>, string]>([
    ['with two effects', { journal: [...journal, { ...created, id: 'again' }] }, 'command c has 2 effects'],
    ['with none', { journal: journal.slice(1) }, 'command c has 0 effects'],
    ['with two answers', { changes: [{ ...change, answers: ['{"version":1}', '{"version":2}'] }] }, '2 different'],
    ['that is refused', { changes: [{ ...change, answers: ['secret.already_exists'] }] }, 'was refused with'],
  ])('%s is found', (_what, planted, said) => {
    expect(broken(planted)).toEqual([expect.stringContaining(said)]);
  });
});

describe('a repeated access', () => {
  it.each<[string, Partial<RepeatHistory>, string]>([
    [
      'that is not decided again',
      { accesses: [{ ...access, released: ['first', 'first'] }] },
      '2 times on one decision',
    ],
    ['without an event', { accesses: [{ ...access, released: ['first', 'other'] }] }, 'its own: other'],
    ['after the revocation', { accesses: [{ ...access, revoked: true }] }, 'after the secret was revoked'],
    [
      'that does not say so',
      { journal: [created, first, { ...second, repeatOf: null }] },
      'event second of access r names null',
    ],
    ['that names another', { journal: [created, first, { ...second, repeatOf: 'q' }] }, 'names q'],
    ['that is the first and names one', { journal: [created, { ...first, repeatOf: 'r' }, second] }, 'event first'],
    ['that nobody made', { accesses: [{ ...access, attempts: ['r'], released: ['first'] }] }, 'shows nothing'],
  ])('%s is found', (_what, planted, said) => {
    expect(broken(planted)).toEqual([expect.stringContaining(said)]);
  });

  it('that nobody knows of is none', () => {
    const unanswered = { ...access, attempts: [...access.attempts, 'r-2'] };
    expect(broken({ accesses: [unanswered] })).toEqual([]);
  });

  it('may repeat one of an earlier storm', () => {
    const later = { first: 'r', attempts: ['r-9'], revoked: true, released: [] };
    const denied = { ...event('denied', 'r-9', 'r'), type: 'SecretAccessDenied' };
    expect(broken({ accesses: [access, later], journal: [...journal, denied] })).toEqual([]);
  });
});

it('denials that are told together name none of what they repeat', () => {
  const together = { ...second, id: 'denials', type: 'SecretAccessDenied', repeatOf: null, count: 2 };
  const storm = { ...access, released: ['first'] };
  expect(broken({ accesses: [storm], journal: [created, first, together] })).toEqual([]);
  expect(broken({ accesses: [storm], journal: [created, first, { ...together, count: 1 }] })).toEqual([
    expect.stringContaining('names null'),
  ]);
});
