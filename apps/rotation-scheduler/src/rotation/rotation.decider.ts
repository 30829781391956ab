/** The rules of rotation: a secret has one run at a time, and after each the wait for the next begins anew. */
import type {
  Code,
  RotationCompleted,
  RotationEvent,
  RotationFailed,
  RotationHandler,
  RotationId,
  RotationPolicySet,
  RotationRejectionCode,
  RotationStep,
  RotationTrigger,
  SecretRejectionCode,
  SecretStatus,
} from '@keytrail/contracts';
import { unreachable } from '@keytrail/contracts';
import type { Decider, Decision, Rejection } from '@keytrail/eventsourcing';
import { accept, reject } from '@keytrail/eventsourcing';
import { plusSeconds } from './moment.js';

const FIRST_RETRY_SECONDS = 60;
const LAST_RETRY_SECONDS = 3_600;

/** What the vault says of the secret; null where there is none. */
type SecretFact = SecretStatus | null;

export interface SetPolicy {
  readonly type: 'SetPolicy';
  readonly policy: PolicyState;
  readonly secret: SecretFact;
}

export interface DeletePolicy {
  readonly type: 'DeletePolicy';
}

/** By hand; without a handler the policy's own is taken. */
export interface StartRotation {
  readonly type: 'StartRotation';
  readonly rotationId: RotationId;
  readonly handler?: RotationHandler;
  readonly secret: SecretFact;
}

/** On schedule; nothing happens unless the policy wants it at this moment. */
export interface StartDueRotation {
  readonly type: 'StartDueRotation';
  readonly rotationId: RotationId;
  readonly now: string;
}

export interface CompleteStep {
  readonly type: 'CompleteStep';
  readonly rotationId: RotationId;
  readonly step: RotationStep;
  readonly version: number;
}

export interface CompleteRotation {
  readonly type: 'CompleteRotation';
  readonly rotationId: RotationId;
  readonly now: string;
}

export interface FailRotation {
  readonly type: 'FailRotation';
  readonly rotationId: RotationId;
  readonly step: RotationStep;
  readonly code: Code;
  readonly now: string;
}

/** What the scheduler says of a run by itself. */
export type RunCommand = StartDueRotation | CompleteStep | CompleteRotation | FailRotation;
export type RotationCommand = SetPolicy | DeletePolicy | StartRotation | RunCommand;

export type PolicyState = Readonly<RotationPolicySet['data']>;

/** A rotation that has begun and not ended. */
export interface RunState {
  readonly rotationId: RotationId;
  readonly trigger: RotationTrigger;
  readonly handler: RotationHandler;
  /** The version that it has made, or null before that. */
  readonly version: number | null;
}

export interface RotationState {
  readonly policy: PolicyState | null;
  readonly run: RunState | null;
  /** Of the run that began last. */
  readonly lastRotationId: RotationId | null;
  /** Scheduled runs that have failed since one was completed. */
  readonly failures: number;
  /** RFC 3339, after such a failure. */
  readonly retryAt: string | null;
}

/** Some are the vault's: without a secret that is in force there is nothing to rotate. */
export type RotationRejection = Rejection<
  RotationRejectionCode | Extract<SecretRejectionCode, 'secret.not_found' | 'secret.revoked'>
>;
type RotationDecision = Decision<RotationEvent, RotationRejection>;

export const rotationDecider: Decider<RotationState, RotationCommand, RotationEvent, RotationRejection> = {
  initial: { policy: null, run: null, lastRotationId: null, failures: 0, retryAt: null },
  decide,
  evolve,
  withdraws: () => false,
};

/** When the scheduler next starts a run by itself, RFC 3339; null where it does not. */
export function startsAt({ policy, run, retryAt }: RotationState): string | null {
  if (run !== null || policy === null || !policy.autoRotate) return null;
  return retryAt === null || retryAt < policy.nextRotationAt ? policy.nextRotationAt : retryAt;
}

function decide(command: RotationCommand, state: RotationState): RotationDecision {
  switch (command.type) {
    case 'SetPolicy':
      return setPolicy(command, state);
    case 'DeletePolicy':
      return state.policy === null ? policyNotFound : accept({ type: 'RotationPolicyDeleted', data: {} });
    case 'StartRotation':
      return start(command, state);
    case 'StartDueRotation':
      return startDue(command, state);
    case 'CompleteStep':
      return completeStep(command, state);
    case 'CompleteRotation':
      return complete(command, state);
    case 'FailRotation':
      return fail(command, state);
    default:
      return unreachable(command);
  }
}

function setPolicy({ policy, secret }: SetPolicy, state: RotationState): RotationDecision {
  if (secret === null) return secretNotFound;
  if (state.policy !== null && isSame(state.policy, policy)) return accept();
  return accept({ type: 'RotationPolicySet', data: policy });
}

function start({ rotationId, handler, secret }: StartRotation, state: RotationState): RotationDecision {
  if (state.lastRotationId === rotationId) return accept();
  if (secret === null) return secretNotFound;
  if (state.run !== null) return alreadyRunning;
  if (secret === 'revoked') return secretRevoked;
  const chosen = handler ?? state.policy?.handler;
  if (chosen === undefined) return handlerMissing;
  return accept({ type: 'RotationStarted', data: { rotationId, trigger: 'manual', handler: chosen } });
}

function startDue({ rotationId, now }: StartDueRotation, state: RotationState): RotationDecision {
  const { policy, lastRotationId } = state;
  const at = startsAt(state);
  if (policy === null || at === null || now < at || lastRotationId === rotationId) return accept();
  return accept({ type: 'RotationStarted', data: { rotationId, trigger: 'schedule', handler: policy.handler } });
}

function completeStep({ rotationId, step, version }: CompleteStep, { run }: RotationState): RotationDecision {
  if (run?.rotationId !== rotationId || run.version !== null) return accept();
  return accept({ type: 'RotationStepCompleted', data: { rotationId, step, version } });
}

/** From its end on, so that after an outage a secret is rotated once and not as often as it was missed. */
function complete({ rotationId, now }: CompleteRotation, { run, policy }: RotationState): RotationDecision {
  if (run?.rotationId !== rotationId || run.version === null) return accept();
  const nextRotationAt = policy && plusSeconds(now, policy.intervalSeconds);
  return accept({ type: 'RotationCompleted', data: { rotationId, version: run.version, nextRotationAt } });
}

/** A run that has made its version can no longer fail. */
function fail(command: FailRotation, { run, policy, failures }: RotationState): RotationDecision {
  const { rotationId, step, code, now } = command;
  if (run?.rotationId !== rotationId || run.version !== null) return accept();
  const isRetried = run.trigger === 'schedule' && policy?.autoRotate === true;
  const waitSeconds = Math.min(FIRST_RETRY_SECONDS * 2 ** failures, LAST_RETRY_SECONDS);
  const retryAt = isRetried ? plusSeconds(now, waitSeconds) : null;
  return accept({ type: 'RotationFailed', data: { rotationId, step, code, retryAt } });
}

const policyNotFound = reject('rotation.policy_not_found', 'this secret has no rotation policy: set one first');
const alreadyRunning = reject('rotation.already_running', 'this secret is being rotated: wait until that has ended');
const handlerMissing = reject('rotation.handler_missing', 'no policy says how to rotate this secret: name a handler');
const secretNotFound = reject('secret.not_found', 'there is no secret of this reference: create it first');
const secretRevoked = reject(
  'secret.revoked',
  'the secret is revoked, and a rotation must not re-authorise it: add a version by hand',
);

function evolve(state: RotationState, event: RotationEvent): RotationState {
  switch (event.type) {
    case 'RotationPolicySet':
      return { ...state, policy: event.data, failures: 0, retryAt: null };
    case 'RotationPolicyDeleted':
      return { ...state, policy: null, failures: 0, retryAt: null };
    case 'RotationStarted':
      return { ...state, run: { ...event.data, version: null }, lastRotationId: event.data.rotationId };
    case 'RotationStepCompleted':
      return state.run === null ? state : { ...state, run: { ...state.run, version: event.data.version } };
    case 'RotationCompleted':
      return { ...state, run: null, policy: movedOn(state.policy, event), failures: 0, retryAt: null };
    case 'RotationFailed':
      return { ...state, run: null, ...withFailure(state, event) };
    default:
      return unreachable(event);
  }
}

function movedOn(policy: PolicyState | null, { data }: RotationCompleted): PolicyState | null {
  return policy && { ...policy, nextRotationAt: data.nextRotationAt ?? policy.nextRotationAt };
}

/** What a person started and saw fail says nothing about the schedule. */
function withFailure({ failures, retryAt }: RotationState, { data }: RotationFailed) {
  return data.retryAt === null ? { failures, retryAt } : { failures: failures + 1, retryAt: data.retryAt };
}

function isSame(a: PolicyState, b: PolicyState): boolean {
  const [one, other] = [a.handler.value, b.handler.value];
  return (
    a.intervalSeconds === b.intervalSeconds &&
    a.notifyBeforeSeconds === b.notifyBeforeSeconds &&
    a.autoRotate === b.autoRotate &&
    a.nextRotationAt === b.nextRotationAt &&
    one.length === other.length &&
    one.alphabet === other.alphabet
  );
}
