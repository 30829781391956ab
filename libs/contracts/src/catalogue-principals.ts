/** The vault's events about principals, what they are given, their sessions, and the vault's own keys. */
import type { EventDeclaration } from './event-declaration.js';
import { GrantGivenData, GrantWithdrawnData } from './grant.js';
import {
  type PrincipalEvent,
  PrincipalQuarantinedData,
  PrincipalRegisteredData,
  PrincipalReleasedData,
  PrincipalReleaseRequestedData,
  PrincipalSuspendedData,
  RoleBoundData,
  RoleUnboundData,
  TokenIssuedData,
  TokenRevokedData,
} from './principal.js';
import {
  type AuthenticationEvent,
  AuthenticationFailedData,
  type KeyEvent,
  SealingKeyRotatedData,
  SessionOpenedData,
  SigningKeyCreatedData,
} from './session.js';

const vault = { service: 'vault' } as const;
const principal = { ...vault, aggregate: 'principal' } as const;
const key = { ...vault, aggregate: 'key', action: 'rotate_key' } as const;

export const PRINCIPAL_EVENTS = {
  PrincipalRegistered: {
    ...principal,
    action: 'principal_registered',
    says: 'Somebody who may ask became known; names stand in the detail.',
    data: PrincipalRegisteredData,
  },
  PrincipalSuspended: {
    ...principal,
    action: 'principal_suspended',
    says: 'Somebody may no longer ask for anything, for good.',
    data: PrincipalSuspendedData,
  },
  PrincipalQuarantined: {
    ...principal,
    action: 'principal_quarantined',
    says: 'Nothing is served to somebody until they are released or the time has come.',
    data: PrincipalQuarantinedData,
  },
  PrincipalReleaseRequested: {
    ...principal,
    action: 'principal_release_requested',
    says: 'Somebody has asked to end the quarantine of a principal, which takes another person who asks for it too.',
    data: PrincipalReleaseRequestedData,
  },
  PrincipalReleased: {
    ...principal,
    action: 'principal_released',
    says: 'The quarantine of a principal was ended.',
    data: PrincipalReleasedData,
  },
  RoleBound: {
    ...principal,
    action: 'role_bound',
    says: 'Somebody was given a role, in one workspace or in all.',
    data: RoleBoundData,
  },
  RoleUnbound: {
    ...principal,
    action: 'role_unbound',
    says: 'A role was taken away.',
    data: RoleUnboundData,
  },
  GrantGiven: {
    ...principal,
    action: 'grant_given',
    says: 'Somebody was permitted something on the secrets that a pattern covers, on conditions where it names any.',
    data: GrantGivenData,
  },
  GrantWithdrawn: {
    ...principal,
    action: 'grant_withdrawn',
    says: 'A grant is no longer good for anything.',
    data: GrantWithdrawnData,
  },
  TokenIssued: {
    ...principal,
    action: 'token_issued',
    says: 'An API token was made for a principal; nobody but its holder knows it.',
    data: TokenIssuedData,
  },
  TokenRevoked: {
    ...principal,
    action: 'token_revoked',
    says: 'An API token is no longer good for anything.',
    data: TokenRevokedData,
  },
  SessionOpened: {
    ...vault,
    aggregate: 'session',
    action: 'session_opened',
    says: 'Somebody showed who they are and may ask until the session ends.',
    data: SessionOpenedData,
  },
  AuthenticationFailed: {
    ...vault,
    aggregate: 'session',
    action: 'authentication_failed',
    says: 'Credentials were shown that are not valid; several attempts are told by one event.',
    data: AuthenticationFailedData,
  },
  SigningKeyCreated: {
    ...key,
    says: 'The key was made by which clients know this vault.',
    data: SigningKeyCreatedData,
  },
  SealingKeyRotated: {
    ...key,
    says: 'A new key stands ready, to which clients seal what goes in; the one before it stays valid for a while.',
    data: SealingKeyRotatedData,
  },
} as const satisfies Record<(PrincipalEvent | AuthenticationEvent | KeyEvent)['type'], EventDeclaration>;
