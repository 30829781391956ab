/**
 * Every event that Keytrail records: who records it, what it means, what it says. `docs/events.md` is made from this.
 */
import { PRINCIPAL_EVENTS } from './catalogue-principals.js';
import { SECRET_EVENTS } from './catalogue-secrets.js';
import type { EventDeclaration } from './event-declaration.js';
import { AnomalyDetectedData, type FindingEvent } from './finding.js';
import {
  RotationCompletedData,
  type RotationEvent,
  RotationFailedData,
  RotationPolicyDeletedData,
  RotationPolicySetData,
  RotationStartedData,
  RotationStepCompletedData,
} from './rotation.js';

const rotation = { service: 'rotation', aggregate: 'rotation' } as const;
const anomaly = { service: 'anomaly' } as const;

const OTHER_EVENTS = {
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
} as const satisfies Record<(RotationEvent | FindingEvent)['type'], EventDeclaration>;

export const EVENTS = { ...SECRET_EVENTS, ...PRINCIPAL_EVENTS, ...OTHER_EVENTS } as const;

export type EventType = keyof typeof EVENTS;

/**
 * The action under which an event is found. An event that is not declared is found under its own name in snake case.
 */
export const ACTIONS: Readonly<Record<EventType, string>> = Object.fromEntries(
  Object.entries(EVENTS).map(([type, { action }]) => [type, action]),
) as Record<EventType, string>;
