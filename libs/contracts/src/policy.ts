/** A workspace's own policies: documents in Cedar, published in versions, which forbid, or permit what is grantable. */
import { z } from 'zod';
import { Digest, Principal, Timestamp, Workspace } from './ids.js';
import { LIMITS } from './limits.js';

export const PolicyName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,47}$/, 'is not the name of a policy: 1 to 48 of a-z, 0-9 and hyphens')
  .brand<'PolicyName'>();
export type PolicyName = z.infer<typeof PolicyName>;

/** Cedar (https://docs.cedarpolicy.com), validated against the schema of `libs/access/src/schema.ts`. */
export const PolicySource = z.string().min(1).max(LIMITS.policyCharacters);

/** `source` is all of the document, so that what was in force can be told of any moment. */
export const PolicyPublishedData = z.object({ name: PolicyName, version: z.int().positive(), source: PolicySource });
/** `version` is the one that was in force. */
export const PolicyWithdrawnData = z.object({ name: PolicyName, version: z.int().positive() });

const Reason = z.string().min(1).max(500).optional();

/** Refused unless the policy stands at `expectedVersion`, where one is given; 0 for one that does not stand. */
export const PublishPolicyRequest = z.strictObject({
  name: PolicyName,
  source: PolicySource,
  expectedVersion: z.int().nonnegative().optional(),
  reason: Reason,
});
export type PublishPolicyRequest = z.infer<typeof PublishPolicyRequest>;

export const WithdrawPolicyRequest = z.strictObject({ name: PolicyName, reason: Reason });
export type WithdrawPolicyRequest = z.infer<typeof WithdrawPolicyRequest>;

export const ListPoliciesRequest = z.strictObject({});

/** Without `version` the one in force. */
export const GetPolicyRequest = z.strictObject({ name: PolicyName, version: z.int().positive().optional() });
export type GetPolicyRequest = z.infer<typeof GetPolicyRequest>;

/** A dry run: whether the document could be published, and what it would say. */
export const CheckPolicyRequest = z.strictObject({ source: PolicySource });
export type CheckPolicyRequest = z.infer<typeof CheckPolicyRequest>;

/** One statement of a document, in its order. */
export const PolicyStatement = z.strictObject({
  effect: z.enum(['permit', 'forbid']),
  /** Those that its scope names; null where it names none, and speaks of all that can be granted. */
  permissions: z.array(z.string()).nullable(),
  source: z.string(),
});
export type PolicyStatement = z.infer<typeof PolicyStatement>;

/** `issues` is empty where the document can be published. */
export const PolicyCheck = z.strictObject({
  publishable: z.boolean(),
  statements: z.array(PolicyStatement),
  issues: z.array(z.strictObject({ path: z.string(), message: z.string() })),
});
export type PolicyCheck = z.infer<typeof PolicyCheck>;

export const PolicyDescription = z.strictObject({
  workspace: Workspace,
  name: PolicyName,
  version: z.int().positive(),
  source: PolicySource,
  /** SHA-256 of the source. */
  digest: Digest,
  status: z.enum(['in_force', 'superseded', 'withdrawn']),
  publishedBy: Principal,
  publishedAt: Timestamp,
});
export type PolicyDescription = z.infer<typeof PolicyDescription>;

/** By name. */
export const PolicyList = z.strictObject({ items: z.array(PolicyDescription) });
export type PolicyList = z.infer<typeof PolicyList>;

/** `policy.invalid`: its issues tell where and why. */
export type PolicyRejectionCode = 'policy.invalid' | 'policy.not_found' | 'policy.limit' | 'policy.version_conflict';
