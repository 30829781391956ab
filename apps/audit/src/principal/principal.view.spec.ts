/** What events say of principals, and whose word counts. */
import { describe, expect, it } from '@jest/globals';
import type { Service } from '@keytrail/contracts';
import { mintPrincipal } from '@keytrail/crypto';
import type { MadeEvent } from '../event/audit-event.fixture.js';
import { arrived } from '../event/audit-event.fixture.js';
import { readEvent } from '../event/audit-event.view.js';
import { bound, registered, unbound } from './principal.fixture.js';
import { principalsIn } from './principal.view.js';

const ANNA = mintPrincipal();
const TIME = '2026-03-01T12:00:00.000Z';
const NOTHING = { registrations: [], roleChanges: [] };

function read(...events: readonly MadeEvent[]) {
  return principalsIn(events.map((made, i) => readEvent(arrived(made, i + 1), TIME)));
}

describe('a registration', () => {
  it('tells the kind, and the name as long as it is not erased', () => {
    const made = registered(ANNA, 'Anna Acker');
    expect(read(made).registrations).toEqual([{ principal: ANNA, kind: 'user', displayName: 'Anna Acker' }]);
    const erased = readEvent({ ...arrived(made), detail: null, salt: null }, TIME);
    expect(principalsIn([erased]).registrations).toEqual([{ principal: ANNA, kind: 'user', displayName: null }]);
  });

  it('whose detail is another one tells no name', () => {
    const forged = { ...arrived(registered(ANNA, 'Anna')), detail: Buffer.from('{"names":{"display":"Root"}}') };
    expect(principalsIn([readEvent(forged, TIME)]).registrations).toMatchObject([{ displayName: null }]);
  });
});

describe('a name', () => {
  it.each([['n'.repeat(101)], ['Anna\u202e'], ['']])('that cannot be shown is none: %.10j', (display) => {
    expect(read(registered(ANNA, display)).registrations).toMatchObject([{ kind: 'user', displayName: null }]);
  });
});

describe('a change of roles', () => {
  it('tells what is so from then on', () => {
    const said = { role: 'security_analyst', workspace: 'acme' } as const;
    expect(read(bound(ANNA, said), unbound(ANNA, said)).roleChanges).toEqual([
      { principal: ANNA, ...said, time: TIME, ordinal: 1, bound: true },
      { principal: ANNA, ...said, time: TIME, ordinal: 2, bound: false },
    ]);
  });

  it('may be of a role that this version does not know', () => {
    expect(read(bound(ANNA, { role: 'auditor', workspace: '_system' })).roleChanges).toMatchObject([
      { role: 'auditor', workspace: '_system' },
    ]);
  });
});

describe('nothing is learned from', () => {
  const role = { role: 'internal_admin', workspace: 'acme' };

  it.each<Service>(['rotation', 'anomaly', 'audit'])('the word of %s', (service) => {
    const readings = [registered(ANNA, 'Anna'), bound(ANNA, role)].map((made) =>
      readEvent({ ...arrived(made), service }, TIME),
    );
    expect(principalsIn(readings)).toEqual(NOTHING);
  });

  it.each<[string, MadeEvent]>([
    ['an event of another aggregate', bound(ANNA, role, { aggregate: 'secret' })],
    ['another event of the principal', bound(ANNA, role, { name: 'TokenIssued' })],
    ['a subject that is no principal', bound('Mallory', role)],
    ['a body that is not whole', bound(ANNA, role, { requestid: '' })],
    ['a role of another form', bound(ANNA, { ...role, role: 'x'.repeat(9_000) })],
    ['a workspace of another form', bound(ANNA, { ...role, workspace: '*' })],
    ['a kind of another form', registered(ANNA, 'Anna', { data: { kind: {} } })],
  ])('%s', (_, made) => {
    expect(read(made)).toEqual(NOTHING);
  });
});
