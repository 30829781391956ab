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
import { SecretCreatedData, SecretRevokedData, SecretVersionAddedData, type SecretEvent } from './secret.js';
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

type AnyEvent = WorkspaceEvent | SecretEvent | AccessEvent | RotationEvent | FindingEvent;

const vault = { service: 'vault' } as const;
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
