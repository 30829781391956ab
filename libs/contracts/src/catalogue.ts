/**
 * Every event that Keytrail records: who records it, what it means, what it says. `docs/events.md` is made from this.
 */
import type { z } from 'zod';
import { SecretAccessDeniedData, SecretDecryptedData, type AccessEvent } from './access.js';
import type { Service } from './event.js';
import { AnomalyDetectedData, type FindingEvent } from './finding.js';
import {
  RotationCompletedData,
  RotationFailedData,
  RotationPolicyDeletedData,
  RotationPolicySetData,
  RotationStartedData,
  RotationStepCompletedData,
  type RotationEvent,
} from './rotation.js';
import {
  PrincipalRegisteredData,
  PrincipalSuspendedData,
  RoleBoundData,
  RoleUnboundData,
  TokenIssuedData,
  TokenRevokedData,
  type PrincipalEvent,
} from './principal.js';
import { SecretCreatedData, SecretRevokedData, SecretVersionAddedData, type SecretEvent } from './secret.js';
import {
  AuthenticationFailedData,
  SealingKeyRotatedData,
  SessionOpenedData,
  SigningKeyCreatedData,
  type AuthenticationEvent,
  type KeyEvent,
} from './session.js';
import { WorkspaceCreatedData, type WorkspaceEvent } from './workspace.js';

/** One kind of event. `action` is what the audit finds it under. */
export interface EventDeclaration {
  readonly service: Service;
  readonly aggregate: string;
  readonly action: string;
  /** One sentence: what has happened. */
  readonly says: string;
  readonly data: z.ZodObject;
}

type AnyEvent =
  | WorkspaceEvent
  | SecretEvent
  | AccessEvent
  | PrincipalEvent
  | AuthenticationEvent
  | KeyEvent
  | RotationEvent
  | FindingEvent;

const vault = { service: 'vault' } as const;
const principal = { ...vault, aggregate: 'principal' } as const;
const key = { ...vault, aggregate: 'key', action: 'rotate_key' } as const;
const rotation = { service: 'rotation', aggregate: 'rotation' } as const;
const anomaly = { service: 'anomaly' } as const;

export const EVENTS = {
  WorkspaceCreated: {
    ...vault,
    aggregate: 'workspace',
    action: 'create',
    says: 'A workspace was made, with a key of its own.',
    data: WorkspaceCreatedData,
  },
  SecretCreated: {
    ...vault,
    aggregate: 'secret',
    action: 'create',
    says: 'A secret was stored with its first version.',
    data: SecretCreatedData,
  },
  SecretVersionAdded: {
    ...vault,
    aggregate: 'secret',
    action: 'update',
    says: 'A new version was stored; it is the current one, and re-authorises a revoked secret.',
    data: SecretVersionAddedData,
  },
  SecretRevoked: {
    ...vault,
    aggregate: 'secret',
    action: 'revoke',
    says: 'Every version up to this one was withdrawn, for good.',
    data: SecretRevokedData,
  },
  SecretDecrypted: {
    ...vault,
    aggregate: 'access',
    action: 'decrypt',
    says: 'A value was released; the event was durable before the value left.',
    data: SecretDecryptedData,
  },
  SecretAccessDenied: {
    ...vault,
    aggregate: 'access',
    action: 'access_denied',
    says: 'Attempts to obtain a value were refused.',
    data: SecretAccessDeniedData,
  },
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
  RotationPolicySet: {
    ...rotation,
    action: 'rotation_scheduled',
    says: 'It was laid down when a secret is rotated, and how.',
    data: RotationPolicySetData,
  },
  RotationPolicyDeleted: {
    ...rotation,
    action: 'rotation_policy_deleted',
    says: 'A secret is no longer rotated on schedule.',
    data: RotationPolicyDeletedData,
  },
  RotationStarted: {
    ...rotation,
    action: 'rotation_started',
    says: 'A rotation began, by hand or on schedule.',
    data: RotationStartedData,
  },
  RotationStepCompleted: {
    ...rotation,
    action: 'rotation_step_completed',
    says: 'One step of a rotation was done.',
    data: RotationStepCompletedData,
  },
  RotationCompleted: {
    ...rotation,
    action: 'rotation_completed',
    says: 'The new version is in force.',
    data: RotationCompletedData,
  },
  RotationFailed: {
    ...rotation,
    action: 'rotation_failed',
    says: 'A rotation ended without a new version in force; the old one still is.',
    data: RotationFailedData,
  },
  AnomalyDetected: {
    ...anomaly,
    aggregate: 'finding',
    action: 'anomaly_detected',
    says: 'A secret was obtained more often than a rule allows; told once an episode.',
    data: AnomalyDetectedData,
  },
} as const satisfies Record<AnyEvent['type'], EventDeclaration>;

export type EventType = keyof typeof EVENTS;

/**
 * The action under which an event is found. An event that is not declared is found under its own name in snake case.
 */
export const ACTIONS: Readonly<Record<EventType, string>> = Object.fromEntries(
  Object.entries(EVENTS).map(([type, { action }]) => [type, action]),
) as Record<EventType, string>;
