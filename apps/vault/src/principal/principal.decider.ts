/**
 * The rules of a principal: it is registered once, holds roles and tokens while it is active, and is suspended for
 * good.
 */
import type {
  AuthenticationFailure,
  Powers,
  PrincipalEvent,
  PrincipalKind,
  PrincipalRejectionCode,
  Role,
  RoleBinding,
  TokenId,
  Workspace,
} from '@keytrail/contracts';
import { LIMITS, unreachable } from '@keytrail/contracts';
import type { Decider, Decision, Rejection } from '@keytrail/eventsourcing';
import { accept, reject } from '@keytrail/eventsourcing';

/** A role that people may bind: those of Keytrail's own processes are not among them. */
export interface RoleToBind {
  readonly role: Role;
  readonly workspace: Workspace;
}

/** Names are none of the rules' business: whoever registers keeps them unique. */
export interface RegisterPrincipal {
  readonly type: 'RegisterPrincipal';
  readonly kind: PrincipalKind;
  readonly issuer?: string;
  readonly roles: readonly RoleToBind[];
}

/**
 * Of a bootstrap, or of a recovery, by whoever holds the root key: the one way to an nkey and to the roles of
 * Keytrail's own processes. A principal that stands already is given the roles that it lacks.
 */
export interface SetUpPrincipal {
  readonly type: 'SetUpPrincipal';
  readonly kind: PrincipalKind;
  readonly nkey?: string;
  readonly roles: readonly RoleBinding[];
  /** Its first one, where it is new. */
  readonly token?: TokenFacts;
  readonly recovery?: true;
}

export interface SuspendPrincipal {
  readonly type: 'SuspendPrincipal';
}

export interface BindRole {
  readonly type: 'BindRole';
  readonly binding: RoleToBind;
}

export interface UnbindRole {
  readonly type: 'UnbindRole';
  readonly binding: RoleBinding;
}

export interface IssueToken {
  readonly type: 'IssueToken';
  readonly token: TokenFacts;
}

export interface RevokeToken {
  readonly type: 'RevokeToken';
  readonly tokenId: TokenId;
}

export type PrincipalCommand =
  RegisterPrincipal | SetUpPrincipal | SuspendPrincipal | BindRole | UnbindRole | IssueToken | RevokeToken;

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
  readonly roles: readonly RoleBinding[];
  /** In the order of their issue, the revoked ones included. */
  readonly tokens: readonly TokenState[];
}

export type PrincipalRejection = Rejection<PrincipalRejectionCode | 'access.denied'>;
type PrincipalDecision = Decision<PrincipalEvent, PrincipalRejection>;

export const principalDecider: Decider<PrincipalState, PrincipalCommand, PrincipalEvent, PrincipalRejection> = {
  initial: { exists: false },
  decide,
  evolve,
  withdraws,
};

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

/** Whether a token's time has passed at `nowMs`, epoch milliseconds. */
export const isExpired = ({ expiresAt }: TokenState, nowMs: number): boolean =>
  expiresAt !== undefined && Date.parse(expiresAt) <= nowMs;

function decide(command: PrincipalCommand, state: PrincipalState): PrincipalDecision {
  switch (command.type) {
    case 'RegisterPrincipal':
      return register(command, state);
    case 'SetUpPrincipal':
      return state.exists ? setUpAgain(command, state) : setUp(command);
    case 'SuspendPrincipal':
      return state.exists ? suspend(state) : notFound;
    case 'BindRole':
      return state.exists ? bindRole(command, state) : notFound;
    case 'UnbindRole':
      return state.exists ? unbindRole(command, state) : notFound;
    case 'IssueToken':
      return state.exists ? issueToken(command, state) : notFound;
    case 'RevokeToken':
      return state.exists ? revokeToken(command, state) : notFound;
    default:
      return unreachable(command);
  }
}

function register({ kind, issuer, roles }: RegisterPrincipal, state: PrincipalState): PrincipalDecision {
  if (state.exists) return nameTaken;
  const bound = missing(roles, []);
  if (bound.length > LIMITS.rolesPerPrincipal) return tooManyRoles;
  return accept(registered({ kind, ...(issuer !== undefined && { issuer }) }), ...bound.map(roleBound));
}

function setUp({ kind, nkey, roles, token, recovery }: SetUpPrincipal): PrincipalDecision {
  const bound = missing(roles, []).map((binding) => roleBound({ ...binding, ...(recovery && { recovery }) }));
  const first = registered({ kind, ...(nkey !== undefined && { nkey }) });
  return accept(first, ...bound, ...(token ? [tokenIssued(token)] : []));
}

function setUpAgain({ nkey, roles }: SetUpPrincipal, state: RegisteredPrincipal): PrincipalDecision {
  if (state.nkey !== (nkey ?? null)) return nkeyChanged;
  if (state.suspended) return suspended;
  return accept(...missing(roles, state.roles).map(roleBound));
}

function suspend(state: RegisteredPrincipal): PrincipalDecision {
  return state.suspended ? accept() : accept({ type: 'PrincipalSuspended', data: {} });
}

function bindRole({ binding }: BindRole, state: RegisteredPrincipal): PrincipalDecision {
  if (state.suspended) return suspended;
  if (state.nkey !== null) return ofKeytrail;
  if (state.roles.some((bound) => isSame(bound, binding))) return accept();
  if (state.roles.length >= LIMITS.rolesPerPrincipal) return tooManyRoles;
  return accept(roleBound(binding));
}

function unbindRole({ binding }: UnbindRole, { roles }: RegisteredPrincipal): PrincipalDecision {
  if (!roles.some((bound) => isSame(bound, binding))) return notBound;
  return accept({ type: 'RoleUnbound', data: binding });
}

function issueToken({ token }: IssueToken, state: RegisteredPrincipal): PrincipalDecision {
  if (state.suspended) return suspended;
  if (state.nkey !== null) return ofKeytrail;
  if (state.tokens.some(({ tokenId }) => tokenId === token.tokenId)) return accept();
  if (state.tokens.filter(({ revoked }) => !revoked).length >= LIMITS.tokensPerPrincipal) return tooManyTokens;
  return accept(tokenIssued(token));
}

function revokeToken({ tokenId }: RevokeToken, { tokens }: RegisteredPrincipal): PrincipalDecision {
  const token = tokens.find((candidate) => candidate.tokenId === tokenId);
  if (token === undefined) return tokenNotFound;
  return token.revoked ? accept() : accept({ type: 'TokenRevoked', data: { tokenId } });
}

const registered = (data: DataOf<'PrincipalRegistered'>): PrincipalEvent => ({ type: 'PrincipalRegistered', data });

const roleBound = (data: DataOf<'RoleBound'>): PrincipalEvent => ({ type: 'RoleBound', data });

const tokenIssued = (data: TokenFacts): PrincipalEvent => ({ type: 'TokenIssued', data });

const isSame = (a: RoleBinding, b: RoleBinding): boolean => a.role === b.role && a.workspace === b.workspace;

/** The roles that are not bound yet, each once. */
function missing(roles: readonly RoleBinding[], bound: readonly RoleBinding[]): readonly RoleBinding[] {
  return roles.reduce<readonly RoleBinding[]>(
    (fresh, role) => ([...bound, ...fresh].some((known) => isSame(known, role)) ? fresh : [...fresh, role]),
    [],
  );
}

const notFound = reject('principal.not_found', 'there is no such principal: register it first');
const suspended = reject(
  'principal.suspended',
  'the principal is suspended for good: whoever is to come back is registered anew',
);
const nameTaken = reject('principal.name_taken', 'the principal is registered already');
const nkeyChanged = reject(
  'principal.name_taken',
  'the principal is registered with another nkey: give that one back, or give the service a new principal',
);
const ofKeytrail = reject(
  'access.denied',
  'this is a process of Keytrail itself: what it may is laid down when a system is set up',
);
const notBound = reject('principal.role_not_bound', 'the principal does not have this role in this workspace');
const tooManyRoles = reject(
  'principal.limit',
  `a principal has at most ${LIMITS.rolesPerPrincipal} roles: unbind one, or bind one in _system for all workspaces`,
);
const tooManyTokens = reject(
  'principal.limit',
  `a principal has at most ${LIMITS.tokensPerPrincipal} tokens: revoke those that are no longer used`,
);
const tokenNotFound = reject('token.not_found', 'there is no such token');

function evolve(state: PrincipalState, event: PrincipalEvent): PrincipalState {
  if (event.type === 'PrincipalRegistered') {
    const { kind, nkey = null } = event.data;
    return { exists: true, kind, nkey, suspended: false, roles: [], tokens: [] };
  }
  return state.exists ? evolveRegistered(state, event) : state;
}

function evolveRegistered(
  state: RegisteredPrincipal,
  event: Exclude<PrincipalEvent, { type: 'PrincipalRegistered' }>,
): RegisteredPrincipal {
  const { roles, tokens } = state;
  switch (event.type) {
    case 'PrincipalSuspended':
      return { ...state, suspended: true };
    case 'RoleBound': {
      const { role, workspace } = event.data;
      return { ...state, roles: [...roles, { role, workspace }] };
    }
    case 'RoleUnbound':
      return { ...state, roles: roles.filter((bound) => !isSame(bound, event.data)) };
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

function withdraws({ type }: PrincipalEvent): boolean {
  switch (type) {
    case 'PrincipalRegistered':
    case 'RoleBound':
    case 'TokenIssued':
      return false;
    case 'PrincipalSuspended':
    case 'RoleUnbound':
    case 'TokenRevoked':
      return true;
    default:
      return unreachable(type);
  }
}
