/** Explanations: the decision that an access meets, by which statements, on which facts; now, and as it stood once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { Explanation, GrantDescription } from '@keytrail/contracts';
import { type Asker, codeOf } from '../caller.fixture.js';
import { accessStage, ask, done, inside } from './access.fixture.js';

const on = accessStage();

const permission = 'secret.decrypt';
const explain = (request: object, by: Asker = on.vault.admin) => ask<Explanation>(by, 'access.explain', request);
const give = (principal: string, pattern: string, rest: object = {}) =>
  done(ask<GrantDescription>(on.vault.admin, 'grant.give', { principal, pattern, permissions: [permission], ...rest }));

/** Between two events of the past that are to be told apart. */
async function moment(): Promise<string> {
  await sleep(5);
  const now = new Date().toISOString();
  await sleep(5);
  return now;
}

describe('what is explained now', () => {
  it('is allowed by a role, of which the text is told', async () => {
    const reference = await on.secret();
    const { principal } = on.vault.billing;
    const told = await done(explain({ principal, permission, reference }));
    expect(told).toMatchObject({ allowed: true, reason: null, decidedBy: [{ id: 'role:service', effect: 'permit' }] });
    expect(told.decidedBy[0]?.source).toMatch(/Keytrail::Role::"service".*"secret\.decrypt"/s);
    expect(told.facts).toMatchObject({
      principal: { kind: 'service', status: 'active', quarantine: null, roles: ['service'], grants: [] },
      workspace: { slug: 'acme', exists: true, profile: 'strict' },
      secret: { status: 'active', currentVersion: 1, quarantines: [], revision: 1 },
    });
  });

  it('is allowed by a grant where its conditions hold, and denied where they do not, with the grant beside it', async () => {
    const [reference, guest] = [await on.secret(), await on.vault.caller(null)];
    const { principal } = guest;
    const grant = await give(principal, 'tenant.acme.openai.*', { purposes: ['report'], networks: ['10.1.0.0/16'] });
    const fits = { principal, permission, reference, purpose: 'report', ip: '10.1.2.3' };
    expect(await done(explain(fits))).toMatchObject({
      allowed: true,
      decidedBy: [{ id: `grant:${grant.grantId}`, effect: 'permit', source: expect.stringContaining('10.1.0.0/16') }],
      facts: { circumstances: { ip: '10.1.2.3', purpose: 'report' } },
    });
    const missed = await done(explain({ ...fits, ip: '10.2.0.1' }));
    expect(missed).toMatchObject({ allowed: false, reason: 'principal.not_permitted', decidedBy: [] });
    expect(missed.facts.principal?.grants).toMatchObject([{ grantId: grant.grantId, networks: ['10.1.0.0/16'] }]);
  });

  it('is forbidden by a policy, of which name, version and text are told', async () => {
    const [reference, { principal }] = [await on.secret(), on.vault.billing];
    const source = 'forbid (principal, action == Keytrail::Action::"secret.decrypt", resource);';
    await done(ask(on.vault.admin, 'policy.publish', { name: 'closed', source }));
    const told = await done(explain({ principal, permission, reference }));
    expect(told).toMatchObject({
      reason: 'policy.forbidden',
      decidedBy: [{ id: 'policy:closed@1#1', effect: 'forbid', source }],
      facts: { workspace: { policies: ['closed@1'] } },
    });
    await done(ask(on.vault.admin, 'policy.withdraw', { name: 'closed' }));
  });

  it('is denied for the secret’s sake as an access would be', async () => {
    const [reference, { principal }] = [await on.secret(), on.vault.billing];
    const asked = { principal, permission, reference };
    const absent = { ...asked, reference: 'tenant.acme.openai.absent' };
    expect(await done(explain(absent))).toMatchObject({ reason: 'secret.not_found', facts: { secret: null } });
    await done(ask(on.vault.admin, 'secret.quarantine', { reference, principal, reason: 'odd' }));
    expect(await done(explain(asked))).toMatchObject({
      reason: 'secret.quarantined',
      message: expect.stringContaining('in quarantine'),
      facts: { secret: { quarantines: [{ principal, until: null }] } },
    });
  });

  it('is denied to whom nobody has registered', async () => {
    const [principal, reference] = ['a'.repeat(26), await on.secret()];
    const told = await done(explain({ principal, permission, reference }));
    expect(told).toMatchObject({ reason: 'principal.not_permitted', decidedBy: [], facts: { principal: null } });
  });
});

describe('what is explained of the past', () => {
  it('is decided on what stood then, and on nothing that came later', async () => {
    const before = await moment();
    const [reference, guest] = [await on.secret(), await on.vault.caller(null)];
    const created = await moment();
    const { principal } = guest;
    const { grantId } = await give(principal, reference);
    const granted = await moment();
    await done(ask(on.vault.admin, 'grant.withdraw', { grantId }));
    await done(ask(on.vault.admin, 'secret.revoke', { reference }));
    const told = async (asOf?: string) => done(explain({ principal, permission, reference, ...(asOf && { asOf }) }));
    expect(await told(before)).toMatchObject({
      reason: 'principal.not_permitted',
      facts: { principal: null, secret: null },
    });
    expect(await told(created)).toMatchObject({
      reason: 'principal.not_permitted',
      facts: { secret: { revision: 1 } },
    });
    expect(await told(granted)).toMatchObject({
      allowed: true,
      asOf: granted,
      decidedBy: [{ id: `grant:${grantId}` }],
    });
    expect(await told()).toMatchObject({ reason: 'principal.not_permitted', facts: { secret: { status: 'revoked' } } });
  });

  it('heeds the end of a grant by its time', async () => {
    const [reference, guest] = [await on.secret(), await on.vault.caller(null)];
    const { principal } = guest;
    const expiresAt = new Date(Date.now() + 400).toISOString();
    await give(principal, reference, { expiresAt });
    const during = await moment();
    await sleep(500);
    const asked = { principal, permission, reference };
    expect(await done(explain({ ...asked, asOf: during }))).toMatchObject({ allowed: true });
    expect(await done(explain(asked))).toMatchObject({ allowed: false });
  });
});

describe('who explains', () => {
  it('looks on in the workspace, and hears of no other', async () => {
    const [reference, { principal }] = [await on.secret('globex'), on.vault.billing];
    const analyst = await on.vault.caller('security_analyst', { workspace: 'acme' });
    expect(codeOf(await explain({ principal, permission, reference }, inside('globex', analyst)))).toBe(
      'access.denied',
    );
    expect(codeOf(await explain({ principal, permission, reference }, analyst))).toBe('request.malformed');
    expect(codeOf(await explain({ principal, permission: 'secret.get' }, analyst))).toBe('request.malformed');
    expect(codeOf(await explain({ principal, permission: 'policy.publish', reference }, analyst))).toBe(
      'request.malformed',
    );
    expect(await done(explain({ principal, permission: 'policy.publish' }, analyst))).toMatchObject({ allowed: false });
    expect(
      codeOf(await explain({ principal, permission: 'policy.list', asOf: '2999-01-01T00:00:00.000Z' }, analyst)),
    ).toBe('request.malformed');
    expect(codeOf(await explain({ principal, permission: 'policy.list' }, on.vault.billing))).toBe('access.denied');
  });
});
