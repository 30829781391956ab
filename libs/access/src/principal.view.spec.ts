/** What a principal amounts to after what has been said of it, and what it may by its tokens. */
import { describe, expect, it } from '@jest/globals';
import type { Principal, PrincipalEvent, RoleBinding, Scope, TokenId, Workspace } from '@keytrail/contracts';
import fc from 'fast-check';
import { acme, at, globex, grantOf, noonMs, somebody, system } from './access.fixture.js';
import {
  evolvePrincipal,
  isSameRole,
  NO_PRINCIPAL,
  powersOf,
  type PrincipalState,
  rolesIn,
  type TokenState,
} from './principal.view.js';

const registered: PrincipalEvent = { type: 'PrincipalRegistered', data: { kind: 'service' } };
const bound = (role: RoleBinding['role'], workspace: Workspace = acme): PrincipalEvent => ({
  type: 'RoleBound',
  data: { role, workspace },
});
const unbound = (role: RoleBinding['role'], workspace: Workspace = acme): PrincipalEvent => ({
  type: 'RoleUnbound',
  data: { role, workspace },
});
const quarantined = (until?: string): PrincipalEvent => ({
  type: 'PrincipalQuarantined',
  data: { ...(until !== undefined && { until }) },
});
const requested = (by: string): PrincipalEvent => ({
  type: 'PrincipalReleaseRequested',
  data: { by: by.repeat(26) as Principal },
});
const released: PrincipalEvent = { type: 'PrincipalReleased', data: {} };
const tokenId = (n: number) => String(n).padStart(12, '0') as TokenId;
const issued = (n: number, data: object = {}): PrincipalEvent => ({
  type: 'TokenIssued',
  data: { tokenId: tokenId(n), ...data },
});
const revoked = (n: number): PrincipalEvent => ({ type: 'TokenRevoked', data: { tokenId: tokenId(n) } });
const [one, other] = [grantOf(), grantOf()];
const given = (data = one): PrincipalEvent => ({ type: 'GrantGiven', data });
const withdrawn = ({ grantId } = one): PrincipalEvent => ({ type: 'GrantWithdrawn', data: { grantId } });

const fold = (events: readonly PrincipalEvent[], state: PrincipalState = NO_PRINCIPAL) =>
  events.reduce(evolvePrincipal, state);
const after = (...events: readonly PrincipalEvent[]) => fold([registered, ...events]);

describe('a principal', () => {
  it('that is registered is nobody in particular yet', () => {
    expect(after()).toEqual(somebody({ kind: 'service' }));
    expect(fold([{ type: 'PrincipalRegistered', data: { kind: 'service', nkey: 'U1' } }])).toMatchObject({
      nkey: 'U1',
    });
  });
  it('that nobody has registered stays nobody, whatever is said of it', () => {
    expect(fold([bound('service'), given(), quarantined(), issued(1)])).toBe(NO_PRINCIPAL);
  });
  it('stays suspended', () => {
    expect(after({ type: 'PrincipalSuspended', data: {} }, bound('service'), released)).toMatchObject({
      suspended: true,
    });
  });
  it('has the roles that were bound and not unbound, each in its workspace', () => {
    expect(after(bound('service'), bound('service', globex), bound('auditor'), unbound('service'))).toMatchObject({
      roles: [
        { role: 'service', workspace: globex },
        { role: 'auditor', workspace: acme },
      ],
    });
  });
  it('has the grants that were given and not withdrawn, as the very facts that were told', () => {
    expect(after(given(), given(other), withdrawn())).toMatchObject({ grants: [other] });
    const state = after(given());
    expect(state.exists && state.grants[0]).toBe(one);
  });
  it('has its tokens, revoked ones too', () => {
    expect(after(issued(1), issued(2), revoked(1))).toMatchObject({
      tokens: [
        { tokenId: tokenId(1), revoked: true },
        { tokenId: tokenId(2), revoked: false },
      ],
    });
  });
  it('is in quarantine until it is released, whoever has asked for that', () => {
    const held = { principal: null, until: null, releaseRequestedBy: null };
    expect(after(quarantined())).toMatchObject({ quarantine: held });
    expect(after(quarantined(), requested('b'))).toMatchObject({
      quarantine: { ...held, releaseRequestedBy: 'b'.repeat(26) },
    });
    expect(after(quarantined(), requested('b'), quarantined(at(noonMs)))).toMatchObject({
      quarantine: { ...held, until: at(noonMs) },
    });
    expect(after(quarantined(), released)).toMatchObject({ quarantine: null });
    expect(after(requested('b'))).toMatchObject({ quarantine: null });
  });

  it('is the same whether it is folded at once or carried on with what has come since', () => {
    const anyEvent = fc.constantFrom(
      registered,
      { type: 'PrincipalSuspended', data: {} } as const,
      bound('service'),
      bound('auditor', system),
      unbound('service'),
      given(),
      given(other),
      withdrawn(),
      withdrawn(other),
      quarantined(),
      quarantined(at(noonMs)),
      requested('b'),
      released,
      issued(1),
      issued(2),
      revoked(1),
    );
    fc.assert(
      fc.property(fc.array(anyEvent), fc.nat(10), (events, n) => {
        const before = fold(events.slice(0, n));
        const snapshot = structuredClone(before);
        expect(fold(events.slice(n), before)).toEqual(fold(events));
        expect(before).toEqual(snapshot);
      }),
    );
  });
});

describe('the roles that count', () => {
  const roles: readonly RoleBinding[] = [
    { role: 'service', workspace: acme },
    { role: 'auditor', workspace: system },
    { role: 'workspace_admin', workspace: globex },
    { role: 'auditor', workspace: acme },
  ];
  it('in a workspace are its own and those of all, each once', () => {
    expect(rolesIn(roles, acme)).toEqual(['service', 'auditor']);
    expect(rolesIn(roles, globex)).toEqual(['auditor', 'workspace_admin']);
    expect(rolesIn(roles, 'acm' as Workspace)).toEqual(['auditor']);
  });
  it('above all are those that were bound there', () => {
    expect(rolesIn(roles, system)).toEqual(['auditor']);
  });
  it('are the same where both role and workspace are', () => {
    const role: RoleBinding = { role: 'service', workspace: acme };
    expect(isSameRole(role, { ...role })).toBe(true);
    expect(isSameRole(role, { ...role, role: 'auditor' })).toBe(false);
    expect(isSameRole(role, { ...role, workspace: system })).toBe(false);
  });
});

describe('the powers of a principal', () => {
  const roles: readonly RoleBinding[] = [{ role: 'service', workspace: acme }];
  const scopes = ['secret.decrypt' as Scope];
  const token = (n: number, facts: Partial<TokenState> = {}): TokenState => ({
    tokenId: tokenId(n),
    revoked: false,
    ...facts,
  });
  const tokens = [
    token(1),
    token(2, { scopes, expiresAt: at(noonMs + 1) }),
    token(3, { revoked: true, expiresAt: at(noonMs) }),
    token(4, { expiresAt: at(noonMs) }),
  ];
  const powers = (n: number | undefined, suspended = false) =>
    powersOf(somebody({ roles, tokens, suspended }), { tokenId: n === undefined ? undefined : tokenId(n) }, noonMs);

  it('without a token are its roles', () => {
    expect(powers(undefined)).toEqual({ ok: true, powers: { roles }, validUntil: null });
  });
  it('by a token are its roles within the scopes of the token, until it expires', () => {
    expect(powers(1)).toEqual({ ok: true, powers: { roles }, validUntil: null });
    expect(powers(2)).toEqual({ ok: true, powers: { roles, scopes }, validUntil: at(noonMs + 1) });
  });
  it.each([
    [3, 'token.revoked'],
    [4, 'token.expired'],
    [5, 'token.unknown'],
  ])('are none by token %d: %s', (n, reason) => {
    expect(powers(n)).toEqual({ ok: false, reason });
  });
  it('are none where it is suspended, whatever it shows', () => {
    for (const n of [undefined, 1, 3, 5]) expect(powers(n, true)).toEqual({ ok: false, reason: 'principal.suspended' });
  });
});
