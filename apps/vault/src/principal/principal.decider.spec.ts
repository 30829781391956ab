/** The rules of a principal. */
import { describe, expect, it } from '@jest/globals';
import { powersOf, type RegisteredPrincipal } from '@keytrail/access';
import type { PrincipalEvent, Workspace } from '@keytrail/contracts';
import { LIMITS } from '@keytrail/contracts';
import { type PrincipalCommand, principalDecider } from './principal.decider.js';
import {
  accepted,
  ada,
  analyst,
  at,
  bind,
  bound,
  give,
  given1,
  grace,
  issue,
  issued,
  nkey,
  noon,
  ofKeytrail,
  on,
  quarantine,
  quarantined,
  register,
  registered,
  rejected,
  release,
  released,
  requested,
  revoke,
  revoked,
  scopes,
  service,
  suspend,
  suspended,
  tokenId,
  tokenIdOf,
  unbind,
  unbound,
  withdraw,
  withdrawn,
} from './principal.story.fixture.js';

describe('somebody unknown', () => {
  it('is registered, under the issuer of their name', () => {
    const issuer = 'https://login.example.com';
    const data = { kind: 'user', issuer } as const;
    expect(on().when({ ...register, ...data })).toEqual(accepted({ type: 'PrincipalRegistered', data }));
  });
  it('is registered with roles, each of them once', () => {
    const roles = [service(), analyst, service()];
    const events = [registered, bound(), { type: 'RoleBound', data: analyst } as const];
    expect(on().when({ ...register, roles })).toEqual(accepted(...events));
  });
  it('is registered with no more roles than a principal may have', () => {
    const roles = (count: number) => Array.from({ length: count }, (_, n) => service(`acme-${n}` as Workspace));
    expect(on().when({ ...register, roles: roles(LIMITS.rolesPerPrincipal) })).toMatchObject({ ok: true });
    const more = on().when({ ...register, roles: roles(LIMITS.rolesPerPrincipal + 1) });
    expect(more).toMatchObject(rejected('principal.limit'));
  });
  it.each([suspend, bind, unbind, issue, revoke, give(), withdraw, quarantine(), release(ada)])(
    'is not there for $type',
    (command) => {
      expect(on().when(command)).toMatchObject(rejected('principal.not_found'));
    },
  );
});

describe('a principal', () => {
  it('is not registered again', () => {
    expect(on(registered).when(register)).toMatchObject(rejected('principal.name_taken'));
  });
  it('is bound to a role, once', () => {
    expect(on(registered).when(bind)).toEqual(accepted(bound()));
    expect(on(registered, bound()).when(bind)).toEqual(accepted());
  });
  it('is bound to the same role in another workspace', () => {
    const globex = 'globex' as Workspace;
    const command: PrincipalCommand = { type: 'BindRole', binding: service(globex) };
    expect(on(registered, bound()).when(command)).toEqual(accepted(bound(globex)));
  });
  it('is bound to no more roles than it may have', () => {
    const roles = Array.from({ length: LIMITS.rolesPerPrincipal }, (_, n) => bound(`acme-${n}` as Workspace));
    expect(on(registered, ...roles).when(bind)).toMatchObject(rejected('principal.limit'));
    expect(on(registered, ...roles.slice(1)).when(bind)).toEqual(accepted(bound()));
  });
  it('loses a role that it has, and no other', () => {
    expect(on(registered, bound()).when(unbind)).toEqual(accepted(unbound));
    expect(on(registered, bound(), unbound).when(unbind)).toMatchObject(rejected('principal.role_not_bound'));
    const elsewhere = on(registered, bound('globex' as Workspace)).when(unbind);
    expect(elsewhere).toMatchObject(rejected('principal.role_not_bound'));
  });
  it('is issued a token with its limits', () => {
    const token = { tokenId, scopes, expiresAt: at(noon) };
    expect(on(registered).when({ type: 'IssueToken', token })).toEqual(accepted(issued(token)));
  });
  it('has no more tokens than it may, those revoked not counted', () => {
    const full = Array.from({ length: LIMITS.tokensPerPrincipal }, (_, n) => issued({ tokenId: tokenIdOf(n + 1) }));
    const next: PrincipalCommand = { type: 'IssueToken', token: { tokenId: tokenIdOf(LIMITS.tokensPerPrincipal + 1) } };
    expect(on(registered, ...full).when(next)).toMatchObject(rejected('principal.limit'));
    expect(on(registered, ...full, revoked).when(next)).toMatchObject({ ok: true });
  });
  it('has a token revoked, once', () => {
    expect(on(registered, issued()).when(revoke)).toEqual(accepted(revoked));
    expect(on(registered, issued(), revoked).when(revoke)).toEqual(accepted());
    expect(on(registered).when(revoke)).toMatchObject(rejected('token.not_found'));
  });
  it('is suspended, once', () => {
    expect(on(registered).when(suspend)).toEqual(accepted(suspended));
    expect(on(registered, suspended).when(suspend)).toEqual(accepted());
  });
});

describe('a grant', () => {
  it('is given once, and withdrawn', () => {
    expect(on(registered).when(give())).toEqual(accepted(given1()));
    expect(on(registered, given1()).when(give())).toEqual(accepted());
    expect(on(registered, given1(), given1(2)).when(withdraw)).toEqual(accepted(withdrawn));
    expect(on(registered, given1(), withdrawn).state).toMatchObject({ grants: [] });
  });
  it('that is not there, or no longer, is not withdrawn', () => {
    expect(on(registered, given1(2)).when(withdraw)).toMatchObject(rejected('grant.not_found'));
    expect(on(registered, given1(), withdrawn).when(withdraw)).toMatchObject(rejected('grant.not_found'));
  });
  it('is one of no more than a principal may have, those withdrawn not counted', () => {
    const own = (n: number) => `tenant.acme.openai.key_${n}`;
    const full = Array.from({ length: LIMITS.grantsPerPrincipal }, (_, n) => given1(n + 1, own(n + 1)));
    const next = give(LIMITS.grantsPerPrincipal + 1, own(0));
    expect(on(registered, ...full).when(next)).toMatchObject(rejected('principal.limit'));
    expect(on(registered, ...full, withdrawn).when(next)).toMatchObject({ ok: true });
  });
  it('is one of no more than may be about the same secrets', () => {
    const full = Array.from({ length: LIMITS.overlappingGrants }, (_, n) => given1(n + 1));
    const next = (pattern: string) => on(registered, ...full).when(give(LIMITS.overlappingGrants + 1, pattern));
    expect(next('tenant.acme.*.prod')).toMatchObject(rejected('principal.limit'));
    expect(next('tenant.acme.groq.*')).toMatchObject({ ok: true });
    expect(next('tenant.globex.openai.*')).toMatchObject({ ok: true });
  });
});

describe('a quarantine', () => {
  it('is imposed, and never shortened', () => {
    expect(on(registered).when(quarantine(at(noon + 1)))).toEqual(accepted(quarantined(at(noon + 1))));
    expect(on(registered, quarantined(at(noon + 2))).when(quarantine(at(noon + 1)))).toEqual(accepted());
    expect(on(registered, quarantined(at(noon + 2))).when(quarantine())).toEqual(accepted(quarantined()));
    expect(on(registered, quarantined(at(noon))).when(quarantine(at(noon + 1)))).toMatchObject({ ok: true });
  });
  it('is released by one, or by another than the first where it takes two', () => {
    expect(on(registered).when(release(ada))).toMatchObject(rejected('principal.not_quarantined'));
    expect(on(registered, quarantined()).when(release(ada))).toEqual(accepted(released));
    expect(on(registered, quarantined()).when(release(ada, true))).toEqual(accepted(requested(ada)));
    const asked = on(registered, quarantined(), requested(ada));
    expect(asked.when(release(ada, true))).toEqual(accepted());
    expect(asked.when(release(grace, true))).toEqual(accepted(released));
    expect(on(registered, quarantined(), released).state).toMatchObject({ quarantine: null });
  });
  it('that is imposed anew takes two again', () => {
    const past = [registered, quarantined(), requested(ada)];
    expect(on(...past).when(quarantine())).toEqual(accepted(quarantined()));
    expect(on(...past, quarantined()).when(release(grace, true))).toEqual(accepted(requested(grace)));
  });
  it('is not for the suspended to be released from', () => {
    expect(on(registered, quarantined(), suspended).when(release(ada))).toMatchObject(rejected('principal.suspended'));
  });
});

describe('a suspended principal', () => {
  it.each([bind, issue, give()])('gains nothing by $type', (command) => {
    expect(on(registered, suspended).when(command)).toMatchObject(rejected('principal.suspended'));
  });
  it('still loses what it has', () => {
    const { when } = on(registered, bound(), given1(), issued(), suspended);
    expect(when(unbind)).toEqual(accepted(unbound));
    expect(when(withdraw)).toEqual(accepted(withdrawn));
    expect(when(revoke)).toEqual(accepted(revoked));
  });
});

describe("a process of Keytrail's own", () => {
  const roles = [{ role: 'gateway' as const, workspace: '_system' as Workspace }];
  const setUp: PrincipalCommand = { type: 'SetUpPrincipal', kind: 'service', nkey, roles };
  const gateway: PrincipalEvent = { type: 'RoleBound', data: { role: 'gateway', workspace: '_system' } };

  it('is set up with its nkey and its role, once', () => {
    expect(on().when(setUp)).toEqual(accepted(ofKeytrail, gateway));
    expect(on(ofKeytrail, gateway).when(setUp)).toEqual(accepted());
  });
  it('is given the role that it lacks when it is set up again', () => {
    expect(on(ofKeytrail).when(setUp)).toEqual(accepted(gateway));
  });
  it('is not set up with another nkey, nor once it is suspended', () => {
    expect(on(registered).when(setUp)).toMatchObject(rejected('principal.name_taken'));
    const other = { ...setUp, nkey: `U${'B'.repeat(55)}` };
    expect(on(ofKeytrail, gateway).when(other)).toMatchObject(rejected('principal.name_taken'));
    expect(on(ofKeytrail, suspended).when(setUp)).toMatchObject(rejected('principal.suspended'));
  });
  it.each([bind, issue, give(), quarantine()])('is given nothing afterwards by $type', (command) => {
    expect(on(ofKeytrail, gateway).when(command)).toMatchObject(rejected('access.denied'));
  });
  it('can be suspended', () => {
    expect(on(ofKeytrail, gateway).when(suspend)).toEqual(accepted(suspended));
  });
});

it('a recovered administrator has the role as recovered, and a token', () => {
  const roles = [{ role: 'internal_admin' as const, workspace: '_system' as Workspace }];
  const command: PrincipalCommand = { type: 'SetUpPrincipal', kind: 'user', roles, token: { tokenId }, recovery: true };
  expect(on().when(command)).toEqual(
    accepted(
      { type: 'PrincipalRegistered', data: { kind: 'user' } },
      { type: 'RoleBound', data: { role: 'internal_admin', workspace: '_system', recovery: true } },
      issued(),
    ),
  );
});

it('what takes an access away goes behind the fence, and nothing else does', () => {
  const facts = [registered, bound(), given1(), issued(), requested(ada), released];
  expect(facts.map((fact) => principalDecider.withdraws(fact))).toEqual(facts.map(() => false));
  const withdrawals = [suspended, quarantined(), unbound, withdrawn, revoked];
  expect(withdrawals.map((fact) => principalDecider.withdraws(fact))).toEqual(withdrawals.map(() => true));
});

describe('powers', () => {
  const of = (...past: PrincipalEvent[]) => on(...past).state as RegisteredPrincipal;
  const roles = [service()];

  it('without a token are all roles, for as long as they stand', () => {
    expect(powersOf(of(registered, bound()), {}, noon)).toEqual({ ok: true, powers: { roles }, validUntil: null });
  });
  it('by a token are narrowed by its scopes and end with it', () => {
    const state = of(registered, bound(), issued({ scopes, expiresAt: at(noon) }));
    const powers = { ok: true, powers: { roles, scopes }, validUntil: at(noon) };
    expect(powersOf(state, { tokenId }, noon - 1)).toEqual(powers);
    expect(powersOf(state, { tokenId }, noon)).toEqual({ ok: false, reason: 'token.expired' });
  });
  it('are none by a token that is revoked, or of somebody else', () => {
    expect(powersOf(of(registered, issued(), revoked), { tokenId }, noon)).toEqual({
      ok: false,
      reason: 'token.revoked',
    });
    expect(powersOf(of(registered), { tokenId }, noon)).toEqual({ ok: false, reason: 'token.unknown' });
  });
  it('are none for the suspended, whatever they show', () => {
    const state = of(registered, bound(), issued(), suspended);
    expect(powersOf(state, {}, noon)).toEqual({ ok: false, reason: 'principal.suspended' });
    expect(powersOf(state, { tokenId }, noon)).toEqual({ ok: false, reason: 'principal.suspended' });
  });
});
