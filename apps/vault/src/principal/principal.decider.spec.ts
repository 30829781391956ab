/** The rules of a principal, and the laws that hold over every history. */
import { describe, expect, it } from '@jest/globals';
import type { PrincipalEvent, Role, Scope, TokenId, Workspace } from '@keytrail/contracts';
import { LIMITS } from '@keytrail/contracts';
import { fold, given } from '@keytrail/eventsourcing';
import fc from 'fast-check';
import {
  type PrincipalCommand,
  principalDecider,
  type PrincipalState,
  powersOf,
  type RegisteredPrincipal,
} from './principal.decider.js';

const acme = 'acme' as Workspace;
const nkey = `U${'A'.repeat(55)}`;
const tokenIdOf = (n: number) => String(n).padStart(12, '0') as TokenId;
const tokenId = tokenIdOf(1);
const scopes = ['secret.decrypt' as Scope];
const noon = Date.parse('2026-06-01T12:00:00.000Z');
const at = (ms: number) => new Date(ms).toISOString();

const service = (workspace: Workspace = acme) => ({ role: 'service' as const, workspace });
const analyst = { role: 'security_analyst' as const, workspace: acme };

const registered: PrincipalEvent = { type: 'PrincipalRegistered', data: { kind: 'service' } };
const ofKeytrail: PrincipalEvent = { type: 'PrincipalRegistered', data: { kind: 'service', nkey } };
const suspended: PrincipalEvent = { type: 'PrincipalSuspended', data: {} };
const bound = (workspace: Workspace = acme): PrincipalEvent => ({ type: 'RoleBound', data: service(workspace) });
const unbound: PrincipalEvent = { type: 'RoleUnbound', data: service() };
const issued = (data: Partial<Extract<PrincipalEvent, { type: 'TokenIssued' }>['data']> = {}): PrincipalEvent => ({
  type: 'TokenIssued',
  data: { tokenId, ...data },
});
const revoked: PrincipalEvent = { type: 'TokenRevoked', data: { tokenId } };

const register: PrincipalCommand = { type: 'RegisterPrincipal', kind: 'service', roles: [] };
const suspend: PrincipalCommand = { type: 'SuspendPrincipal' };
const bind: PrincipalCommand = { type: 'BindRole', binding: service() };
const unbind: PrincipalCommand = { type: 'UnbindRole', binding: service() };
const issue: PrincipalCommand = { type: 'IssueToken', token: { tokenId } };
const revoke: PrincipalCommand = { type: 'RevokeToken', tokenId };

const on = (...past: PrincipalEvent[]) => given(principalDecider, ...past);
const accepted = (...events: PrincipalEvent[]) => ({ ok: true, events });
const rejected = (code: string) => ({ ok: false, rejection: { code } });

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
  it.each([suspend, bind, unbind, issue, revoke])('is not there for $type', (command) => {
    expect(on().when(command)).toMatchObject(rejected('principal.not_found'));
  });
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

describe('a suspended principal', () => {
  it.each([bind, issue])('gains nothing by $type', (command) => {
    expect(on(registered, suspended).when(command)).toMatchObject(rejected('principal.suspended'));
  });
  it('still loses what it has', () => {
    const { when } = on(registered, bound(), issued(), suspended);
    expect(when(unbind)).toEqual(accepted(unbound));
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
  it.each([bind, issue])('is given nothing afterwards by $type', (command) => {
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

it('suspension, unbinding and revocation take an access away, and nothing else does', () => {
  const facts = [registered, bound(), issued(), suspended, unbound, revoked];
  expect(facts.map((fact) => principalDecider.withdraws(fact))).toEqual([false, false, false, true, true, true]);
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

describe('every history', () => {
  const binding = fc.record({
    role: fc.constantFrom<Role>('internal_admin', 'security_analyst', 'service'),
    workspace: fc.constantFrom('acme' as Workspace, '_system' as Workspace),
  });
  const ids = fc.constantFrom(...[1, 2, 3].map(tokenIdOf));
  const command = fc.oneof<fc.Arbitrary<PrincipalCommand>[]>(
    fc.record({
      type: fc.constant('RegisterPrincipal'),
      kind: fc.constant('user'),
      roles: fc.array(binding, { maxLength: 3 }),
    }),
    fc.record({ type: fc.constantFrom('BindRole', 'UnbindRole'), binding }),
    fc.record({ type: fc.constant('IssueToken'), token: fc.record({ tokenId: ids }) }),
    fc.record({ type: fc.constant('RevokeToken'), tokenId: ids }),
    fc.constant({ type: 'SuspendPrincipal' }),
  );
  const commands = fc.array(command, { maxLength: 30 });

  interface Run {
    readonly state: PrincipalState;
    readonly events: readonly PrincipalEvent[];
  }

  function run(asked: readonly PrincipalCommand[], from: Run = { state: principalDecider.initial, events: [] }): Run {
    return asked.reduce(({ state, events }, next) => {
      const decision = principalDecider.decide(next, state);
      const fresh = decision.ok ? decision.events : [];
      return { state: fold(principalDecider, fresh, state), events: [...events, ...fresh] };
    }, from);
  }

  it('replays to the state it was decided on', () => {
    fc.assert(
      fc.property(commands, (asked) => {
        const { state, events } = run(asked);
        expect(fold(principalDecider, events)).toEqual(state);
      }),
    );
  });

  it('a repeated command adds nothing', () => {
    fc.assert(
      fc.property(commands, command, (asked, once) => {
        const first = run([...asked, once]);
        expect(run([once], first).events).toEqual(first.events);
      }),
    );
  });

  it('a suspended principal gains nothing any more', () => {
    fc.assert(
      fc.property(commands, commands, (before, after) => {
        const early = run([register, ...before, suspend]);
        const { state, events } = run(after, early);
        expect(powersOf(state as RegisteredPrincipal, {}, noon)).toEqual({ ok: false, reason: 'principal.suspended' });
        const gains = events.slice(early.events.length).filter((event) => !principalDecider.withdraws(event));
        expect(gains).toEqual([]);
      }),
    );
  });

  it('a revoked token never comes back', () => {
    fc.assert(
      fc.property(commands, commands, (before, after) => {
        const { state } = run([register, ...before, issue, revoke, ...after]);
        const powers = powersOf(state as RegisteredPrincipal, { tokenId }, noon);
        expect(powers.ok).toBe(false);
      }),
    );
  });
});
