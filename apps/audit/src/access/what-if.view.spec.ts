/** Accesses that count, and how those that would be decided differently are put together. */
import { describe, expect, it } from '@jest/globals';
import { type EventId, Principal, Reference, WhatIfChange, Workspace } from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import { type Access, accessIn, type KeptEvent } from './access.view.js';
import { Changes, type Verdict } from './what-if.view.js';

const acme = Workspace.parse('acme');
const [ada, bert] = ['a', 'b'].map((letter) => Principal.parse(letter.repeat(26))) as [Principal, Principal];
const at = (minute: number) => `2026-03-01T12:${String(minute).padStart(2, '0')}:00.000Z`;

const kept = (facts: Partial<KeptEvent> = {}): KeptEvent => ({
  service: 'vault',
  ordinal: 1,
  id: uuidv7() as EventId,
  time: at(0),
  type: 'keytrail.access.SecretDecrypted.v1',
  principal: ada,
  reference: Reference.parse('tenant.acme.openai.prod'),
  ip: null,
  purpose: null,
  count: null,
  ...facts,
});
const access = (facts: Partial<Access> = {}): Access => ({ ...(accessIn(kept(), acme) as Access), ...facts });

describe('an event', () => {
  const DENIED = 'keytrail.access.SecretAccessDenied.v1';
  it('of a secret that was obtained is one access, whatever else it says', () => {
    expect(accessIn(kept({ count: 7, ip: '::1', purpose: 'deploy' }), acme)).toMatchObject({
      accesses: 1,
      ip: '::1',
      purpose: 'deploy',
    });
  });
  it.each([
    [7, 7],
    [0, 1],
    ['7', 1],
    [1e300, 1],
    [null, 1],
  ])('of a denial that stands for %j is %i', (count, accesses) => {
    expect(accessIn(kept({ type: DENIED, count }), acme)).toMatchObject({ accesses });
  });
  it.each<[string, Partial<KeptEvent>]>([
    ['of another service', { service: 'anomaly' }],
    ['of another kind', { type: 'keytrail.access.OperationDenied.v1' }],
    ['of nobody', { principal: null }],
    ['of no one secret', { type: DENIED, reference: null }],
    ['of a secret of another workspace', { reference: Reference.parse('tenant.globex.openai.prod') }],
    ['that could not be read', { id: null }],
  ])('%s is no access', (_, facts) => {
    expect(accessIn(kept(facts), acme)).toBeNull();
  });
});

const denied: Verdict = { isAllowed: true, wouldBeAllowed: false, decidedBy: ['policy:draft@1#1'] };
const allowed: Verdict = { isAllowed: false, wouldBeAllowed: true, decidedBy: ['policy:draft@1#2'] };

describe('changes', () => {
  it('are put together by who, what and how, and named by the latest', () => {
    const changes = new Changes();
    const [latest, second] = [access({ time: at(9) }), access({ time: at(7), accesses: 5 })];
    changes.add(latest, denied);
    changes.add(access({ principal: bert, time: at(8) }), denied);
    changes.add(second, { ...denied, decidedBy: ['policy:other@1#1', 'policy:draft@1#1'] });
    changes.add(access({ time: at(6) }), allowed);
    changes.add(access({ time: at(5), reference: Reference.parse('tenant.acme.stripe.prod') }), denied);
    const all = changes.all();
    expect(all.map((change) => WhatIfChange.parse(change))).toEqual(all);
    expect(all).toMatchObject([
      {
        principal: ada,
        current: 'allowed',
        decidedBy: ['policy:draft@1#1', 'policy:other@1#1'],
        accesses: 6,
        firstAt: at(7),
        lastAt: at(9),
        eventId: latest.eventId,
      },
      { principal: bert, accesses: 1 },
      { principal: ada, current: 'denied', accesses: 1 },
      { principal: ada, reference: 'tenant.acme.stripe.prod', accesses: 1 },
    ]);
  });

  it('are none where an access would be decided alike', () => {
    const changes = new Changes();
    changes.add(access(), { ...denied, wouldBeAllowed: true });
    changes.add(access(), { ...allowed, wouldBeAllowed: false });
    expect(changes.all()).toEqual([]);
  });

  it('are as many as fit a message, each at its longest', () => {
    const changes = new Changes();
    const longest = (n: number) => `tenant.${'w'.repeat(32)}.${'p'.repeat(32)}.k${String(n).padStart(63, '0')}`;
    const decidedBy = Array.from({ length: 20 }, (_, i) => `policy:${'n'.repeat(48)}@${1e15 + i}#64`);
    for (let n = 0; !changes.isFull; n++)
      changes.add(access({ reference: longest(n) as Reference, accesses: 999_999_999 }), { ...allowed, decidedBy });
    expect(changes.all()[0]?.decidedBy).toHaveLength(8);
    expect(Buffer.byteLength(JSON.stringify(changes.all()))).toBeLessThan(786_432);
    expect(changes.all().length).toBeGreaterThan(100);
  });
});
