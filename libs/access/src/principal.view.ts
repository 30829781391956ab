/** Who somebody is, folded from the events of their stream: roles, grants, tokens, and what is held back from them. */
import type {
  AnyRole,
  AuthenticationFailure,
  GrantFacts,
  Powers,
  PrincipalEvent,
  PrincipalKind,
  RoleBinding,
  TokenId,
  Workspace,
} from '@keytrail/contracts';
import { SYSTEM_WORKSPACE, unreachable } from '@keytrail/contracts';
import type { QuarantineState } from './quarantine.js';

type DataOf<T extends PrincipalEvent['type']> = Extract<PrincipalEvent, { type: T }>['data'];

export type TokenFacts = DataOf<'TokenIssued'>;

export type TokenState = TokenFacts & { readonly revoked: boolean };

export type PrincipalState = NoPrincipal | RegisteredPrincipal;

export interface NoPrincipal {
  readonly exists: false;
}

export interface RegisteredPrincipal {
  readonly exists: true;
  readonly kind: PrincipalKind;
  /** Of a process of Keytrail's own; null for everybody else. */
  readonly nkey: string | null;
  readonly suspended: boolean;
  /** Also where its time has passed. */
  readonly quarantine: QuarantineState | null;
  readonly roles: readonly RoleBinding[];
  /** Those that were not withdrawn, in the order in which they were given. */
  readonly grants: readonly GrantFacts[];
  /** In the order of their issue, the revoked ones included. */
  readonly tokens: readonly TokenState[];
}

export const NO_PRINCIPAL: NoPrincipal = { exists: false };

/** Why somebody may nothing at all. */
export type Powerless = Extract<
  AuthenticationFailure,
  'principal.suspended' | 'token.unknown' | 'token.revoked' | 'token.expired'
>;

/** `validUntil` is RFC 3339: the answer holds only before this moment; null where time does not change it. */
export type PowersNow =
  | { readonly ok: true; readonly powers: Powers; readonly validUntil: string | null }
  | { readonly ok: false; readonly reason: Powerless };

/** What a principal may, by a token of its own where it shows one; `nowMs` in epoch milliseconds. */
export function powersOf(
  { suspended, roles, tokens }: RegisteredPrincipal,
  { tokenId }: { readonly tokenId?: TokenId | undefined },
  nowMs: number,
): PowersNow {
  if (suspended) return { ok: false, reason: 'principal.suspended' };
  if (tokenId === undefined) return { ok: true, powers: { roles }, validUntil: null };
  const token = tokens.find((candidate) => candidate.tokenId === tokenId);
  if (token === undefined) return { ok: false, reason: 'token.unknown' };
  if (token.revoked) return { ok: false, reason: 'token.revoked' };
  if (isExpired(token, nowMs)) return { ok: false, reason: 'token.expired' };
  const { scopes, expiresAt = null } = token;
  return { ok: true, powers: { roles, ...(scopes && { scopes }) }, validUntil: expiresAt };
}

/** Whether the time of a token or a grant has passed at `nowMs`, epoch milliseconds. */
export const isExpired = ({ expiresAt }: { readonly expiresAt?: string | undefined }, nowMs: number): boolean =>
  expiresAt !== undefined && Date.parse(expiresAt) <= nowMs;

/** The roles that count in a workspace: those bound in it, and those bound in all. */
export function rolesIn(roles: readonly RoleBinding[], workspace: Workspace): readonly AnyRole[] {
  const here = roles.filter((bound) => bound.workspace === workspace || bound.workspace === SYSTEM_WORKSPACE);
  return [...new Set(here.map(({ role }) => role))];
}

export const isSameRole = (a: RoleBinding, b: RoleBinding): boolean => a.role === b.role && a.workspace === b.workspace;

export function evolvePrincipal(state: PrincipalState, event: PrincipalEvent): PrincipalState {
  if (event.type === 'PrincipalRegistered') {
    const { kind, nkey = null } = event.data;
    return { exists: true, kind, nkey, suspended: false, quarantine: null, roles: [], grants: [], tokens: [] };
  }
  return state.exists ? evolveRegistered(state, event) : state;
}

function evolveRegistered(
  state: RegisteredPrincipal,
  event: Exclude<PrincipalEvent, { type: 'PrincipalRegistered' }>,
): RegisteredPrincipal {
  const { roles, grants, tokens, quarantine } = state;
  switch (event.type) {
    case 'PrincipalSuspended':
      return { ...state, suspended: true };
    case 'PrincipalQuarantined':
      return {
        ...state,
        quarantine: { principal: null, until: event.data.until ?? null, releaseRequestedBy: null },
      };
    case 'PrincipalReleaseRequested':
      return { ...state, quarantine: quarantine && { ...quarantine, releaseRequestedBy: event.data.by } };
    case 'PrincipalReleased':
      return { ...state, quarantine: null };
    case 'RoleBound': {
      const { role, workspace } = event.data;
      return { ...state, roles: [...roles, { role, workspace }] };
    }
    case 'RoleUnbound':
      return { ...state, roles: roles.filter((bound) => !isSameRole(bound, event.data)) };
    case 'GrantGiven':
      return { ...state, grants: [...grants, event.data] };
    case 'GrantWithdrawn':
      return { ...state, grants: grants.filter(({ grantId }) => grantId !== event.data.grantId) };
    case 'TokenIssued':
      return { ...state, tokens: [...tokens, { ...event.data, revoked: false }] };
    case 'TokenRevoked': {
      const { tokenId } = event.data;
      return {
        ...state,
        tokens: tokens.map((token) => (token.tokenId === tokenId ? { ...token, revoked: true } : token)),
      };
    }
    default:
      return unreachable(event);
  }
}
