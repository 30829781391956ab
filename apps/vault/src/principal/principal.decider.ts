/**
 * The rules of a principal: it is registered once, holds roles, grants and tokens while it is active, can be held back
 * for a while, and is suspended for good.
 */
import {
  evolvePrincipal,
  extended,
  isSameRole,
  isUndisputed,
  NO_PRINCIPAL,
  type PrincipalState,
  type RegisteredPrincipal,
  type TokenFacts,
} from '@keytrail/access';
import type {
  GrantFacts,
  GrantId,
  GrantRejectionCode,
  Principal,
  PrincipalEvent,
  PrincipalKind,
  PrincipalRejectionCode,
  Role,
  RoleBinding,
  TokenId,
  Workspace,
} from '@keytrail/contracts';
import { LIMITS, overlap, unreachable } from '@keytrail/contracts';
import type { Decider, Decision, Rejection } from '@keytrail/eventsourcing';
import { accept } from '@keytrail/eventsourcing';
import {
  grantNotFound,
  nameTaken,
  nkeyChanged,
  notBound,
  notFound,
  notQuarantined,
  ofKeytrail,
  suspended,
  tokenNotFound,
  tooManyAlike,
  tooManyGrants,
  tooManyRoles,
  tooManyTokens,
} from './principal.rejections.js';

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

/** Both are RFC 3339. `until` null: until somebody is released; at `now` a quarantine that stands is not shortened. */
export interface QuarantinePrincipal {
  readonly type: 'QuarantinePrincipal';
  readonly until: string | null;
  readonly now: string;
}

/** Where `byTwo`, the release takes another person than the one who asks first. */
export interface ReleasePrincipal {
  readonly type: 'ReleasePrincipal';
  readonly by: Principal;
  readonly byTwo: boolean;
}

export interface GiveGrant {
  readonly type: 'GiveGrant';
  readonly grant: GrantFacts;
}

export interface WithdrawGrant {
  readonly type: 'WithdrawGrant';
  readonly grantId: GrantId;
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
  | RegisterPrincipal
  | SetUpPrincipal
  | SuspendPrincipal
  | QuarantinePrincipal
  | ReleasePrincipal
  | BindRole
  | UnbindRole
  | GiveGrant
  | WithdrawGrant
  | IssueToken
  | RevokeToken;

export type PrincipalRejection = Rejection<PrincipalRejectionCode | GrantRejectionCode | 'access.denied'>;
type PrincipalDecision = Decision<PrincipalEvent, PrincipalRejection>;

export const principalDecider: Decider<PrincipalState, PrincipalCommand, PrincipalEvent, PrincipalRejection> = {
  initial: NO_PRINCIPAL,
  decide,
  evolve: evolvePrincipal,
  withdraws,
};

function decide(command: PrincipalCommand, state: PrincipalState): PrincipalDecision {
  switch (command.type) {
    case 'RegisterPrincipal':
      return register(command, state);
    case 'SetUpPrincipal':
      return state.exists ? setUpAgain(command, state) : setUp(command);
    case 'SuspendPrincipal':
      return state.exists ? suspend(state) : notFound;
    case 'QuarantinePrincipal':
      return state.exists ? quarantine(command, state) : notFound;
    case 'ReleasePrincipal':
      return state.exists ? release(command, state) : notFound;
    case 'GiveGrant':
      return state.exists ? giveGrant(command, state) : notFound;
    case 'WithdrawGrant':
      return state.exists ? withdrawGrant(command, state) : notFound;
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

/** The system's own processes are stopped by taking them off the bus, not by half. */
function quarantine({ until, now }: QuarantinePrincipal, state: RegisteredPrincipal): PrincipalDecision {
  if (state.nkey !== null) return ofKeytrail;
  const end = extended(state.quarantine, until, Date.parse(now));
  if (isUndisputed(state.quarantine, end)) return accept();
  return accept({ type: 'PrincipalQuarantined', data: end === null ? {} : { until: end } });
}

function release({ by, byTwo }: ReleasePrincipal, state: RegisteredPrincipal): PrincipalDecision {
  const { quarantine: standing } = state;
  if (standing === null) return notQuarantined;
  if (state.suspended) return suspended;
  const { releaseRequestedBy: first } = standing;
  if (!byTwo || (first !== null && first !== by)) return accept({ type: 'PrincipalReleased', data: {} });
  return first === by ? accept() : accept({ type: 'PrincipalReleaseRequested', data: { by } });
}

function giveGrant({ grant }: GiveGrant, state: RegisteredPrincipal): PrincipalDecision {
  if (state.suspended) return suspended;
  if (state.nkey !== null) return ofKeytrail;
  if (state.grants.some(({ grantId }) => grantId === grant.grantId)) return accept();
  if (state.grants.length >= LIMITS.grantsPerPrincipal) return tooManyGrants;
  const alike = state.grants.filter(({ pattern }) => overlap(pattern, grant.pattern));
  if (alike.length >= LIMITS.overlappingGrants) return tooManyAlike;
  return accept({ type: 'GrantGiven', data: grant });
}

function withdrawGrant({ grantId }: WithdrawGrant, { grants }: RegisteredPrincipal): PrincipalDecision {
  if (!grants.some((grant) => grant.grantId === grantId)) return grantNotFound;
  return accept({ type: 'GrantWithdrawn', data: { grantId } });
}

function bindRole({ binding }: BindRole, state: RegisteredPrincipal): PrincipalDecision {
  if (state.suspended) return suspended;
  if (state.nkey !== null) return ofKeytrail;
  if (state.roles.some((bound) => isSameRole(bound, binding))) return accept();
  if (state.roles.length >= LIMITS.rolesPerPrincipal) return tooManyRoles;
  return accept(roleBound(binding));
}

function unbindRole({ binding }: UnbindRole, { roles }: RegisteredPrincipal): PrincipalDecision {
  if (!roles.some((bound) => isSameRole(bound, binding))) return notBound;
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

type DataOf<T extends PrincipalEvent['type']> = Extract<PrincipalEvent, { type: T }>['data'];

const registered = (data: DataOf<'PrincipalRegistered'>): PrincipalEvent => ({ type: 'PrincipalRegistered', data });

const roleBound = (data: DataOf<'RoleBound'>): PrincipalEvent => ({ type: 'RoleBound', data });

const tokenIssued = (data: TokenFacts): PrincipalEvent => ({ type: 'TokenIssued', data });

/** The roles that are not bound yet, each once. */
function missing(roles: readonly RoleBinding[], bound: readonly RoleBinding[]): readonly RoleBinding[] {
  return roles.reduce<readonly RoleBinding[]>(
    (fresh, role) => ([...bound, ...fresh].some((known) => isSameRole(known, role)) ? fresh : [...fresh, role]),
    [],
  );
}

function withdraws({ type }: PrincipalEvent): boolean {
  switch (type) {
    case 'PrincipalRegistered':
    case 'PrincipalReleaseRequested':
    case 'PrincipalReleased':
    case 'RoleBound':
    case 'GrantGiven':
    case 'TokenIssued':
      return false;
    case 'PrincipalSuspended':
    case 'PrincipalQuarantined':
    case 'RoleUnbound':
    case 'GrantWithdrawn':
    case 'TokenRevoked':
      return true;
    default:
      return unreachable(type);
  }
}
