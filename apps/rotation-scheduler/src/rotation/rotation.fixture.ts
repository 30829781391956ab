/** A secret's rotation in words, for specs of rules, views and steps. */
import type { EventId, Principal, Reference, RotationEvent, RotationHandler, RotationId } from '@keytrail/contracts';
import type { Recorded } from '@keytrail/eventsourcing';
import { plusSeconds } from './moment.js';
import type { PolicyState, RotationCommand } from './rotation.decider.js';

export const reference = 'tenant.acme.openai.prod' as Reference;
export const principal = 'a'.repeat(26) as Principal;
export const DAY_SECONDS = 86_400;
/** The moment at which every story begins. */
export const noon = '2026-03-01T12:00:00.000Z';
export const after = (seconds: number): string => plusSeconds(noon, seconds);

export const handler: RotationHandler = { type: 'random', value: { length: 32, alphabet: 'abcdef0123456789' } };
export const otherHandler: RotationHandler = { type: 'random', value: { length: 64, alphabet: 'xyz' } };

export const idOf = (number: number): RotationId =>
  `01890000-0000-7000-8000-${String(number).padStart(12, '0')}` as RotationId;

/** Daily, told an hour before, due tomorrow at noon. */
export const daily: PolicyState = {
  intervalSeconds: DAY_SECONDS,
  notifyBeforeSeconds: 3_600,
  autoRotate: true,
  handler,
  nextRotationAt: after(DAY_SECONDS),
};

export const policySet = (policy: Partial<PolicyState> = {}): RotationEvent => ({
  type: 'RotationPolicySet',
  data: { ...daily, ...policy },
});
export const policyDeleted: RotationEvent = { type: 'RotationPolicyDeleted', data: {} };
export const started = (number: number, trigger: 'manual' | 'schedule' = 'schedule'): RotationEvent => ({
  type: 'RotationStarted',
  data: { rotationId: idOf(number), trigger, handler },
});
export const stepCompleted = (number: number, version: number): RotationEvent => ({
  type: 'RotationStepCompleted',
  data: { rotationId: idOf(number), step: 'create_secret', version },
});
export const completed = (number: number, version: number, nextRotationAt: string | null): RotationEvent => ({
  type: 'RotationCompleted',
  data: { rotationId: idOf(number), version, nextRotationAt },
});
export const failed = (number: number, retryAt: string | null, code = 'secret.not_found'): RotationEvent => ({
  type: 'RotationFailed',
  data: { rotationId: idOf(number), step: 'create_secret', code, retryAt },
});

export const setPolicy = (policy: Partial<PolicyState> = {}): RotationCommand => ({
  type: 'SetPolicy',
  policy: { ...daily, ...policy },
  secret: 'active',
});
export const start = (number: number): RotationCommand => ({
  type: 'StartRotation',
  rotationId: idOf(number),
  handler,
  secret: 'active',
});
export const startDue = (number: number, now: string): RotationCommand => ({
  type: 'StartDueRotation',
  rotationId: idOf(number),
  now,
});
export const completeStep = (number: number, version: number): RotationCommand => ({
  type: 'CompleteStep',
  rotationId: idOf(number),
  step: 'create_secret',
  version,
});
export const complete = (number: number, now: string): RotationCommand => ({
  type: 'CompleteRotation',
  rotationId: idOf(number),
  now,
});
export const fail = (number: number, now: string): RotationCommand => ({
  type: 'FailRotation',
  rotationId: idOf(number),
  step: 'create_secret',
  code: 'secret.not_found',
  now,
});

/** Events as a journal has them: a second apart, from noon on. */
export const recorded = (...events: readonly RotationEvent[]): readonly Recorded<RotationEvent>[] =>
  events.map((event, i) => ({
    id: idOf(i + 1) as string as EventId,
    revision: i + 1,
    time: after(i),
    principal,
    event,
  }));
