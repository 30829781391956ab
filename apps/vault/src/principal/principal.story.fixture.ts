/** Facts and commands of a principal, as specs put them together. */
import type {
  GrantFacts,
  GrantId,
  Principal,
  PrincipalEvent,
  ReferencePattern,
  Scope,
  TokenId,
  Workspace,
} from '@keytrail/contracts';
import { given } from '@keytrail/eventsourcing';
import { type PrincipalCommand, principalDecider } from './principal.decider.js';

export const acme = 'acme' as Workspace;
export const nkey = `U${'A'.repeat(55)}`;
export const tokenIdOf = (n: number) => String(n).padStart(12, '0') as TokenId;
export const tokenId = tokenIdOf(1);
export const scopes = ['secret.decrypt' as Scope];
export const noon = Date.parse('2026-06-01T12:00:00.000Z');
export const at = (ms: number) => new Date(ms).toISOString();

export const service = (workspace: Workspace = acme) => ({ role: 'service' as const, workspace });
export const analyst = { role: 'security_analyst' as const, workspace: acme };

export const registered: PrincipalEvent = { type: 'PrincipalRegistered', data: { kind: 'service' } };
export const ofKeytrail: PrincipalEvent = { type: 'PrincipalRegistered', data: { kind: 'service', nkey } };
export const suspended: PrincipalEvent = { type: 'PrincipalSuspended', data: {} };
export const bound = (workspace: Workspace = acme): PrincipalEvent => ({ type: 'RoleBound', data: service(workspace) });
export const unbound: PrincipalEvent = { type: 'RoleUnbound', data: service() };
export const issued = (
  data: Partial<Extract<PrincipalEvent, { type: 'TokenIssued' }>['data']> = {},
): PrincipalEvent => ({
  type: 'TokenIssued',
  data: { tokenId, ...data },
});
export const revoked: PrincipalEvent = { type: 'TokenRevoked', data: { tokenId } };

export const register = { type: 'RegisterPrincipal', kind: 'service', roles: [] } as const satisfies PrincipalCommand;
export const suspend: PrincipalCommand = { type: 'SuspendPrincipal' };
export const bind: PrincipalCommand = { type: 'BindRole', binding: service() };
export const unbind: PrincipalCommand = { type: 'UnbindRole', binding: service() };
export const issue: PrincipalCommand = { type: 'IssueToken', token: { tokenId } };
export const revoke: PrincipalCommand = { type: 'RevokeToken', tokenId };

/** On everything, or on something that no other is about. */
export const grantOf = (n: number, pattern = 'tenant.acme.openai.*'): GrantFacts => ({
  grantId: `01890000-0000-7000-8000-${String(n).padStart(12, '0')}` as GrantId,
  pattern: pattern as ReferencePattern,
  permissions: ['secret.decrypt'],
});
export const { grantId } = grantOf(1);
export const given1 = (n = 1, pattern?: string): PrincipalEvent => ({ type: 'GrantGiven', data: grantOf(n, pattern) });
export const withdrawn: PrincipalEvent = { type: 'GrantWithdrawn', data: { grantId } };
export const give = (n = 1, pattern?: string): PrincipalCommand => ({ type: 'GiveGrant', grant: grantOf(n, pattern) });
export const withdraw: PrincipalCommand = { type: 'WithdrawGrant', grantId };

export const [ada, grace] = ['a', 'g'].map((letter) => letter.repeat(26)) as [Principal, Principal];
export const quarantine = (until: string | null = null): PrincipalCommand => ({
  type: 'QuarantinePrincipal',
  until,
  now: at(noon),
});
export const release = (by: Principal, byTwo = false): PrincipalCommand => ({ type: 'ReleasePrincipal', by, byTwo });
export const quarantined = (until?: string): PrincipalEvent => ({
  type: 'PrincipalQuarantined',
  data: until === undefined ? {} : { until },
});
export const requested = (by: Principal): PrincipalEvent => ({ type: 'PrincipalReleaseRequested', data: { by } });
export const released: PrincipalEvent = { type: 'PrincipalReleased', data: {} };

export const on = (...past: PrincipalEvent[]) => given(principalDecider, ...past);
export const accepted = (...events: PrincipalEvent[]) => ({ ok: true, events });
export const rejected = (code: string) => ({ ok: false, rejection: { code } });
