/** The judge of least privilege finds each kind of wrong outcome, and takes nothing that shows nothing. */
import { describe, expect, it } from '@jest/globals';
import {
  type AskedCell,
  judgeLeastPrivilege,
  type LeastPrivilegeHistory,
  outcomeOf,
  type Part,
  PARTS,
} from './20-least-privilege.judge.js';

const YES = { roles: 'ok', processes: 'ok', scopes: 'ok', databases: 'done', bus: 'answered' } as const;
const NO = {
  roles: 'access.denied',
  processes: 'access.denied',
  scopes: 'secret.unavailable',
  databases: '42501',
  bus: 'forbidden',
} as const;

const cellsOf = (part: Part): readonly AskedCell[] => [
  { part, who: 'an auditor', what: 'event.list', allowed: true, said: YES[part] },
  { part, who: 'an auditor', what: 'token.issue', allowed: false, said: NO[part] },
];
const asked = PARTS.flatMap(cellsOf);
const planned = { roles: 2, processes: 2, scopes: 2, databases: 2, bus: 2 };

const broken = (history: Partial<LeastPrivilegeHistory>) =>
  judgeLeastPrivilege({ planned, asked, ...history }).violations;
const saying = (part: Part, what: string, said: string) =>
  asked.map((cell) => (cell.part === part && cell.what === what ? { ...cell, said } : cell));

it('a good history has nothing against it', () => {
  expect(judgeLeastPrivilege({ planned, asked })).toEqual({
    tried: 10,
    violations: [],
    details: {
      unexpectedAllows: 0,
      unexpectedDenials: 0,
      undecided: 0,
      allowed: 5,
      denied: 5,
      asked: planned,
      said: {
        ok: 3,
        done: 1,
        answered: 1,
        'access.denied': 2,
        'secret.unavailable': 1,
        42501: 1,
        forbidden: 1,
      },
    },
  });
});

describe.each(PARTS)('of %s', (part) => {
  const [allowed, denied, neither] = [
    `an auditor may not and was let token.issue: ${YES[part]}`,
    `an auditor may and was denied event.list: ${NO[part]}`,
    'an auditor was neither let nor denied event.list: service.unavailable',
  ];
  it('an unexpected allow is found', () => {
    expect(broken({ asked: saying(part, 'token.issue', YES[part]) })).toContain(allowed);
  });
  it('an unexpected denial is found', () => {
    expect(broken({ asked: saying(part, 'event.list', NO[part]) })).toContain(denied);
  });
  it('an answer that is neither is found', () => {
    expect(broken({ asked: saying(part, 'event.list', 'service.unavailable') })).toContain(neither);
  });
  it('a cell that was not asked is found, and one that was asked twice in its place', () => {
    const rest = asked.filter((cell) => cell.part !== part || cell.what !== 'token.issue');
    const missing = `of ${part} 1 of 2 cells were asked`;
    const shown = `of ${part} nothing was denied: this run shows nothing`;
    expect(broken({ asked: rest })).toEqual([missing, shown]);
    expect(broken({ asked: [...rest, ...rest] })).toEqual([missing, shown]);
  });
  it('nothing at all is not called fine', () => {
    expect(broken({ asked: asked.filter((cell) => cell.part !== part), planned: { ...planned, [part]: 0 } })).toEqual([
      `of ${part} 0 of 0 cells were asked`,
      `of ${part} nothing was allowed: this run shows nothing`,
      `of ${part} nothing was denied: this run shows nothing`,
    ]);
  });
});

it('an empty history is not called fine', () => {
  expect(broken({ asked: [], planned: { roles: 0, processes: 0, scopes: 0, databases: 0, bus: 0 } })).toHaveLength(15);
});

describe('an answer', () => {
  it.each<[Part, string, string]>([
    ['roles', 'ok', 'allowed'],
    ['roles', 'rotation.policy_not_found', 'allowed'],
    ['roles', 'secret.not_found', 'allowed'],
    ['roles', 'principal.suspended', 'allowed'],
    ['scopes', 'access.denied', 'denied'],
    ['scopes', 'secret.unavailable', 'denied'],
    ['scopes', 'secret.quarantined', 'denied'],
    ['processes', 'principal.quarantined', 'denied'],
    ['processes', 'request.malformed', 'undecided'],
    ['processes', 'request.unknown_operation', 'undecided'],
    ['processes', 'request.deadline_exceeded', 'undecided'],
    ['processes', 'service.overloaded', 'undecided'],
    ['processes', 'journal.unavailable', 'undecided'],
    ['processes', 'auth.session_invalid', 'undecided'],
    ['processes', 'key.unknown', 'undecided'],
    ['processes', 'internal', 'undecided'],
    ['processes', '', 'undecided'],
    ['databases', 'done', 'allowed'],
    ['databases', '23502', 'allowed'],
    ['databases', '2BP01', 'allowed'],
    ['databases', '42501', 'denied'],
    ['databases', '42P01', 'undecided'],
    ['databases', '55P03', 'undecided'],
    ['databases', 'ok', 'undecided'],
    ['bus', 'answered', 'allowed'],
    ['bus', 'forbidden', 'denied'],
    ['bus', 'silence', 'undecided'],
    ['bus', 'nobody', 'undecided'],
  ])('to %s that says %s is %s', (part, said, outcome) => {
    expect(outcomeOf({ part, said })).toBe(outcome);
  });
});
