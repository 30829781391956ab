/** The rotation aggregate: when a secret's value is to be replaced, by whom it is made, and how each attempt went. */
import { z } from 'zod';
import { Principal, Reference, RotationId, Timestamp, Workspace } from './ids.js';
import { PageCursor, PageLimit, pageOf } from './page.js';

const BITS_AT_LEAST = 64;

/**
 * A value that the vault makes itself: `length` characters, each drawn evenly from `alphabet` (distinct printable
 * ASCII).
 * Together they make at least 64 bits.
 */
export const RandomValue = z
  .strictObject({
    length: z.int().min(8).max(1_024),
    alphabet: z
      .string()
      .regex(/^[\x21-\x7e]{2,94}$/, 'must be 2 to 94 printable ASCII characters without spaces')
      .refine((text) => new Set(text).size === text.length, 'names a character twice'),
  })
  .refine(
    ({ length, alphabet }) => length * Math.log2(alphabet.length) >= BITS_AT_LEAST,
    `can be guessed: choose a greater length or a larger alphabet, for at least ${BITS_AT_LEAST} bits`,
  );
export type RandomValue = z.infer<typeof RandomValue>;

/** Who makes the new value. `random`: the vault itself, for secrets that nobody else has to be told of. */
export const RotationHandler = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('random'), value: RandomValue }),
]);
export type RotationHandler = z.infer<typeof RotationHandler>;

const HOUR_SECONDS = 3_600;
const TEN_YEARS_SECONDS = 10 * 365 * 86_400;

const PolicySettings = z.strictObject({
  /** From one rotation to the next. */
  intervalSeconds: z.int().min(HOUR_SECONDS).max(TEN_YEARS_SECONDS),
  /** So long before it is due a secret is told as approaching. */
  notifyBeforeSeconds: z.int().min(0).max(TEN_YEARS_SECONDS),
  /** Whether the scheduler rotates by itself what is due; otherwise it only tells. */
  autoRotate: z.boolean(),
  handler: RotationHandler,
});

/**
 * Makes the policy of a secret or replaces it. Without `nextRotationAt` the interval begins now; the past means: at
 * once.
 */
export const SetRotationPolicyRequest = z
  .strictObject({
    reference: Reference,
    intervalSeconds: PolicySettings.shape.intervalSeconds,
    notifyBeforeSeconds: PolicySettings.shape.notifyBeforeSeconds.default(0),
    autoRotate: PolicySettings.shape.autoRotate.default(false),
    handler: RotationHandler,
    nextRotationAt: Timestamp.optional(),
    expectedRevision: z.int().nonnegative().optional(),
  })
  .refine(({ intervalSeconds, notifyBeforeSeconds }) => notifyBeforeSeconds < intervalSeconds, {
    path: ['notifyBeforeSeconds'],
    message: 'must be shorter than the interval',
  });
export type SetRotationPolicyRequest = z.infer<typeof SetRotationPolicyRequest>;

export const GetRotationPolicyRequest = z.strictObject({ reference: Reference });
export type GetRotationPolicyRequest = z.infer<typeof GetRotationPolicyRequest>;

export const DeleteRotationPolicyRequest = z.strictObject({
  reference: Reference,
  expectedRevision: z.int().nonnegative().optional(),
});
export type DeleteRotationPolicyRequest = z.infer<typeof DeleteRotationPolicyRequest>;

/** `approaching`: within the time of its notice; `overdue`: its moment has passed. */
export const RotationPolicyStatus = z.enum(['scheduled', 'approaching', 'overdue']);
export type RotationPolicyStatus = z.infer<typeof RotationPolicyStatus>;

export const RotationPolicy = z.strictObject({
  reference: Reference,
  workspace: Workspace,
  ...PolicySettings.shape,
  status: RotationPolicyStatus,
  nextRotationAt: Timestamp,
  /** When it begins to be told as approaching. */
  notifyAt: Timestamp,
  lastRotationId: RotationId.nullable(),
  lastRotatedAt: Timestamp.nullable(),
  /** Of the secret's rotation stream; the guard of the next change. */
  revision: z.int().positive(),
  updatedAt: Timestamp,
});
export type RotationPolicy = z.infer<typeof RotationPolicy>;

const Page = {
  workspace: Workspace.optional(),
  cursor: PageCursor.optional(),
  limit: PageLimit,
};

export const ListRotationPoliciesRequest = z.strictObject(Page);
export type ListRotationPoliciesRequest = z.infer<typeof ListRotationPoliciesRequest>;

/** Policies that are approaching or overdue, the most urgent first. */
export const ListDueRotationsRequest = z.strictObject(Page);
export type ListDueRotationsRequest = z.infer<typeof ListDueRotationsRequest>;

export const RotationPolicyPage = pageOf(RotationPolicy);
export type RotationPolicyPage = z.infer<typeof RotationPolicyPage>;

/** Rotates now. Without `handler` the policy's own is taken. */
export const RotateSecretRequest = z.strictObject({ reference: Reference, handler: RotationHandler.optional() });
export type RotateSecretRequest = z.infer<typeof RotateSecretRequest>;

export const RotationTrigger = z.enum(['manual', 'schedule']);
export type RotationTrigger = z.infer<typeof RotationTrigger>;

export const RotationStatus = z.enum(['running', 'completed', 'failed']);
export type RotationStatus = z.infer<typeof RotationStatus>;

/** One rotation, from its start on. `version` is the one it made; `code` says why it failed. */
export const RotationRun = z.strictObject({
  id: RotationId,
  reference: Reference,
  workspace: Workspace,
  trigger: RotationTrigger,
  handler: z.enum(['random']),
  status: RotationStatus,
  version: z.int().positive().nullable(),
  code: z.string().nullable(),
  startedBy: Principal,
  startedAt: Timestamp,
  endedAt: Timestamp.nullable(),
});
export type RotationRun = z.infer<typeof RotationRun>;

export const GetRotationRunRequest = z.strictObject({ id: RotationId });
export type GetRotationRunRequest = z.infer<typeof GetRotationRunRequest>;

/** Newest first. */
export const ListRotationRunsRequest = z.strictObject({
  ...Page,
  reference: Reference.optional(),
  status: RotationStatus.optional(),
});
export type ListRotationRunsRequest = z.infer<typeof ListRotationRunsRequest>;

export const RotationRunPage = pageOf(RotationRun);
export type RotationRunPage = z.infer<typeof RotationRunPage>;

/** The steps of a rotation, in the words of the AWS rotation contract; a handler may need only some of them. */
export const RotationStep = z.enum(['create_secret', 'set_secret', 'test_secret', 'finish_secret']);
export type RotationStep = z.infer<typeof RotationStep>;

export const RotationPolicySetData = z.object({ ...PolicySettings.shape, nextRotationAt: Timestamp });
export const RotationPolicyDeletedData = z.object({});
export const RotationStartedData = z.object({
  rotationId: RotationId,
  trigger: RotationTrigger,
  handler: RotationHandler,
});
export const RotationStepCompletedData = z.object({
  rotationId: RotationId,
  step: RotationStep,
  version: z.int().positive(),
});
/** `nextRotationAt` is null where no policy says when. */
export const RotationCompletedData = z.object({
  rotationId: RotationId,
  version: z.int().positive(),
  nextRotationAt: Timestamp.nullable(),
});
/** `retryAt` is when the scheduler tries again; null where it does not. */
export const RotationFailedData = z.object({
  rotationId: RotationId,
  step: RotationStep,
  code: z.string(),
  retryAt: Timestamp.nullable(),
});

export interface RotationPolicySet {
  readonly type: 'RotationPolicySet';
  readonly data: Readonly<z.infer<typeof RotationPolicySetData>>;
}
export interface RotationPolicyDeleted {
  readonly type: 'RotationPolicyDeleted';
  readonly data: Readonly<z.infer<typeof RotationPolicyDeletedData>>;
}
export interface RotationStarted {
  readonly type: 'RotationStarted';
  readonly data: Readonly<z.infer<typeof RotationStartedData>>;
}
export interface RotationStepCompleted {
  readonly type: 'RotationStepCompleted';
  readonly data: Readonly<z.infer<typeof RotationStepCompletedData>>;
}
export interface RotationCompleted {
  readonly type: 'RotationCompleted';
  readonly data: Readonly<z.infer<typeof RotationCompletedData>>;
}
export interface RotationFailed {
  readonly type: 'RotationFailed';
  readonly data: Readonly<z.infer<typeof RotationFailedData>>;
}

export type RotationEvent =
  | RotationPolicySet
  | RotationPolicyDeleted
  | RotationStarted
  | RotationStepCompleted
  | RotationCompleted
  | RotationFailed;

export type RotationRejectionCode =
  | 'rotation.policy_not_found'
  | 'rotation.already_running'
  | 'rotation.handler_missing'
  | 'rotation.run_not_found'
  | 'rotation.revision_conflict';

/** One stream holds a secret's policy and its rotations, so that two rotations of one secret cannot overlap. */
export const rotationStream = (reference: string): string => `rotation-${reference}`;
