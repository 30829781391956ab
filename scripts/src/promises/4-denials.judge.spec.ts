/** The judge of denials finds what was not told, told too often, told of somebody else, or given away. */
import { describe, expect, it } from '@jest/globals';
import { type Attempt, type DenialEvent, type DenialHistory, judgeDenials } from './4-denials.judge.js';

const OPEN = 'tenant.acme.openai.open';
const ABSENT = 'tenant.acme.openai.absent';

const attempt = (requestId: string, rest: Partial<Attempt>): Attempt => ({
  requestId,
  principal: 'billing',
  permission: 'secret.decrypt',
  subject: OPEN,
  due: null,
  repeatOf: null,
  byGateway: false,
  told: { outcome: 'denied', code: 'secret.unavailable' },
  ...rest,
});
const event = (requestId: string, rest: Partial<DenialEvent>): DenialEvent => ({
  id: `event-${requestId}`,
  type: 'SecretAccessDenied',
  principal: 'billing',
  subject: OPEN,
  requestId,
  reason: 'secret.not_found',
  permission: null,
  count: 1,
  repeatOf: null,
  ...rest,
});

const released = attempt('released', { told: { outcome: 'released', eventId: 'event-released' } });
const absent = (n: number) =>
  attempt(`absent-${n}`, { subject: ABSENT, due: 'secret.not_found', repeatOf: 'released' });
const operation = attempt('operation', {
  permission: 'grant.list',
  subject: 'acme',
  due: 'principal.not_permitted',
  told: { outcome: 'denied', code: 'access.denied' },
});
const lost = attempt('lost', { subject: ABSENT, due: 'secret.not_found', told: { outcome: 'unanswered' } });
const overloaded = attempt('overloaded', { due: 'secret.not_found', told: { outcome: 'overloaded' } });
const malformed = attempt('malformed', { due: 'malformed', told: { outcome: 'malformed' } });

const decrypted = event('released', { type: 'SecretDecrypted', reason: null });
const single = event('absent-1', { subject: ABSENT, repeatOf: 'released' });
const pair = event('absent-3', { subject: ABSENT, count: 2 });
const listing = event('operation', {
  type: 'OperationDenied',
  subject: 'acme',
  reason: 'principal.not_permitted',
  permission: 'grant.list',
});

const good: DenialHistory = {
  attempts: [released, absent(1), absent(2), absent(3), operation, lost, overloaded, malformed],
  events: [decrypted, single, pair, listing],
  sights: [
    { what: 'one that is there', seen: 'no' },
    { what: 'one that is not', seen: 'no' },
  ],
  reasons: ['secret.not_found', 'principal.not_permitted'],
};
const broken = (planted: Partial<DenialHistory>) => judgeDenials({ ...good, ...planted }).violations;
const asking = (changed: Attempt) =>
  good.attempts.map((each) => (each.requestId === changed.requestId ? changed : each));
const telling = (changed: DenialEvent) => good.events.map((each) => (each.id === changed.id ? changed : each));
const besides = (...events: readonly DenialEvent[]) => ({ events: [...good.events, ...events] });

it('a good history has nothing against it', () => {
  expect(judgeDenials(good)).toEqual({
    tried: 8,
    violations: [],
    details: {
      released: 1,
      denied: 4,
      overloaded: 1,
      malformed: 1,
      unanswered: 1,
      events: 4,
      toldSingly: 2,
      toldTogether: 2,
      eventsOfMany: 1,
      largestCount: 2,
      denialsByReason: { 'secret.not_found': 3, 'principal.not_permitted': 1 },
    },
  });
});

describe('the sum over the events', () => {
  it('may be one more for each that nobody was answered', () => {
    expect(broken({ events: telling({ ...pair, count: 3 }) })).toEqual([]);
  });
  it.each<[string, readonly DenialEvent[], string]>([
    ['smaller than what was answered', telling({ ...pair, count: 1 }), '1 were answered and no event tells of them'],
    ['without an operation', good.events.slice(0, -1), 'grant.list of billing: principal.not_permitted: 1 were'],
    ['greater than all there was', telling({ ...pair, count: 4 }), `${ABSENT}: events tell of 5, at most 4`],
    ['told for another reason', telling({ ...single, reason: 'secret.deleted' }), 'no event tells of them'],
    ['told of another secret', telling({ ...single, subject: OPEN }), `${OPEN}: events tell of 1, at most 0`],
    ['told of another permission', telling({ ...listing, permission: 'grant.give' }), 'grant.list of billing'],
    ['told in another workspace', telling({ ...listing, subject: 'globex' }), 'globex: events tell of 1, at most 0'],
    ['told of somebody else', telling({ ...single, principal: 'chatbot' }), 'names another principal'],
  ])('%s is found', (_, events, said) => {
    expect(broken({ events })).toContainEqual(expect.stringContaining(said));
  });
});

describe('what is told of many secrets', () => {
  const of = (count: number) => event('absent-2', { subject: 'acme', count });
  it('fills what is told of none of them', () => {
    expect(broken({ events: [decrypted, listing, of(3)] })).toEqual([]);
    expect(broken({ events: [decrypted, listing, of(4)] })).toEqual([]);
  });
  it('says nothing that is true of one of them, though it may tell of one alone', () => {
    expect(broken({ events: [decrypted, pair, listing, event('absent-1', { subject: 'acme' })] })).toEqual([]);
  });
  it('may be of changes too, which else are told of their secret', () => {
    const change = { ...operation, requestId: 'change', permission: 'secret.disable', subject: OPEN } as const;
    const told = (subject: string) => ({ ...listing, id: 'event-change', requestId: 'change', subject });
    const judged = (subject: string) =>
      broken({
        attempts: [...good.attempts, change],
        events: [...good.events, { ...told(subject), permission: 'secret.disable' }],
      });
    expect([judged(OPEN), judged('acme')]).toEqual([[], []]);
    expect(judged(ABSENT)).toContainEqual(expect.stringContaining(`${ABSENT}: events tell of 1, at most 0`));
  });
  it('and is too little, or too much, is found', () => {
    expect(broken({ events: [decrypted, listing, of(2)] })).toEqual([
      expect.stringContaining('secret.not_found: 1 were answered and no event tells of them'),
    ]);
    expect(broken({ events: [decrypted, listing, of(5)] })).toEqual([
      expect.stringContaining('secret.not_found: events tell of 1 more than were made'),
    ]);
  });
});

describe('a value', () => {
  it.each<[string, Partial<DenialHistory>, string]>([
    ['without an event', { events: good.events.slice(1) }, 'released was released without an event of its own'],
    ['with an event of another request', { events: telling({ ...decrypted, requestId: 'lost' }) }, 'released without'],
    ['that was due to be denied', { attempts: asking({ ...released, due: 'secret.deleted' }) }, 'was released'],
    [
      'that is told of and was not given',
      besides({ ...decrypted, id: 'more', requestId: 'overloaded' }),
      'event more tells of a value that overloaded was not given',
    ],
    ['that is told of twice', besides({ ...decrypted, id: 'again' }), 'released stands in 2 events'],
    ['of another secret', { events: telling({ ...decrypted, subject: ABSENT }) }, 'that released was not given'],
  ])('%s is found', (_, planted, said) => {
    expect(broken(planted)).toContainEqual(expect.stringContaining(said));
  });
  it('that was perhaps given to somebody who does not know is none', () => {
    const unknown = attempt('unknown', { told: { outcome: 'unanswered' } });
    const events = [...good.events, { ...decrypted, id: 'event-unknown', requestId: 'unknown' }];
    expect(broken({ attempts: [...good.attempts, unknown], events })).toEqual([]);
  });
});

describe('an event', () => {
  it.each<[string, Partial<DenialHistory>, string]>([
    ['of a request that was turned away', besides(event('overloaded', {})), 'overloaded was overloaded and has event'],
    ['of what is no request', besides(event('malformed', {})), 'malformed was malformed and has event'],
    ['of nobody’s request', besides(event('dreamt', {})), 'event event-dreamt is of dreamt, which nobody has asked'],
    [
      'that does not say what it repeats',
      { events: telling({ ...single, repeatOf: null }) },
      'says that absent-1 repeats null, not released',
    ],
  ])('%s is found', (_, planted, said) => {
    expect(broken(planted)).toContainEqual(expect.stringContaining(said));
  });
});

describe('an answer', () => {
  const denied = (code: string) => ({ outcome: 'denied', code }) as const;
  it.each<[string, Attempt, string]>([
    [
      'with another code',
      { ...absent(1), told: denied('access.denied') },
      'with access.denied, not secret.unavailable',
    ],
    [
      'that denies what is allowed',
      { ...released, told: denied('secret.unavailable') },
      'due to be released) was denied',
    ],
    ['that decides on what is no request', { ...malformed, told: denied('access.denied') }, 'due to be malformed'],
    ['that calls a request none', { ...absent(1), told: { outcome: 'malformed' } }, 'was called malformed'],
    ['of an operation', { ...operation, told: denied('secret.unavailable') }, 'not access.denied'],
  ])('%s is found', (_, changed, said) => {
    expect(broken({ attempts: asking(changed) })).toContainEqual(expect.stringContaining(said));
  });
  it.each<[Partial<Attempt>, string]>([
    [{ due: 'secret.quarantined' }, 'secret.quarantined'],
    [{ due: 'principal.quarantined' }, 'secret.quarantined'],
    [{ due: 'principal.quarantined', permission: 'secret.get' }, 'principal.quarantined'],
    [{ due: 'principal.suspended' }, 'auth.invalid'],
    [{ due: 'credential.revoked', permission: 'secret.get' }, 'auth.invalid'],
    [{ due: 'principal.suspended', permission: 'secret.get', byGateway: true }, 'access.denied'],
    [{ due: 'policy.forbidden', permission: 'secret.get' }, 'access.denied'],
  ])('to %j is %s', (rest, code) => {
    const changed = attempt('x', { ...rest, told: denied(code) });
    const wrong = attempt('x', { ...rest, told: denied('internal') });
    const mistold = (each: Attempt) =>
      broken({ attempts: [...good.attempts, each] }).filter((v) => v.includes(', not '));
    expect(mistold(changed)).toEqual([]);
    expect(mistold(wrong)).toEqual([expect.stringContaining(`not ${code}`)]);
  });
});

describe('a run', () => {
  it('in which what is there looks different from what is not is found', () => {
    const sights = [...good.sights, { what: 'a deleted one', seen: 'gone' }];
    expect(broken({ sights })).toEqual([
      'somebody who may not ask can tell apart: one that is there, one that is not | a deleted one',
    ]);
  });
  it('that shows nothing is not called fine', () => {
    expect(judgeDenials({ attempts: [], events: [], sights: [], reasons: ['secret.deleted'] }).violations).toEqual([
      'nobody has looked at what is there and what is not: this run shows nothing of it',
      'no attempt was released: this run shows nothing of it',
      'no attempt was denied: this run shows nothing of it',
      'no attempt was overloaded: this run shows nothing of it',
      'no attempt was malformed: this run shows nothing of it',
      'no attempt was unanswered: this run shows nothing of it',
      'no denials were told together: this run shows nothing of it',
      'no event has the reason secret.deleted',
    ]);
  });
});
