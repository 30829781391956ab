/** Questions about decisions: whether somebody may do something, why, and what another policy would change. */
import { z } from 'zod';
import { DenialReason } from './access.js';
import { GrantGivenData } from './grant.js';
import { EventId, Principal, Reference, Timestamp, Workspace } from './ids.js';
import { LIMITS } from './limits.js';
import { GrantablePermission, Permission } from './permission.js';
import { PolicyName, PolicySource } from './policy.js';
import { PrincipalKind, PrincipalStatus } from './principal.js';
import { QuarantineDescription } from './quarantine.js';
import { AnyRole, Role } from './role.js';
import { SecretStatus } from './secret.js';
import { WorkspaceProfile } from './workspace.js';

/** Asked by the gateway in its caller's name, before it asks another service: may this be asked? */
export const DecideRequest = z.strictObject({ permission: Permission, reference: Reference.optional() });
export type DecideRequest = z.infer<typeof DecideRequest>;

/** `role`: the one that is to be bound or unbound. */
const Circumstances = {
  ip: z.union([z.ipv4(), z.ipv6()]).optional(),
  purpose: z.string().min(1).max(200).optional(),
  role: Role.optional(),
};

/** In the workspace that the request is addressed to. `asOf`: as things stood then; without it, as they stand now. */
export const ExplainRequest = z.strictObject({
  principal: Principal,
  permission: Permission,
  reference: Reference.optional(),
  ...Circumstances,
  asOf: Timestamp.optional(),
});
export type ExplainRequest = z.infer<typeof ExplainRequest>;

/** A statement that has decided; `source` is Cedar. */
export const DecidingStatement = z.strictObject({
  /** `role:service`, `profile:strict`, `grant:<id>`, `policy:<name>@<version>#<n>`, … */
  id: z.string(),
  effect: z.enum(['permit', 'forbid']),
  source: z.string(),
});
export type DecidingStatement = z.infer<typeof DecidingStatement>;

/** `reason` is null where it is allowed. Facts are null where there is no such thing, or nothing depends on it. */
export const Explanation = z.strictObject({
  allowed: z.boolean(),
  reason: DenialReason.nullable(),
  message: z.string(),
  asOf: Timestamp,
  decidedBy: z.array(DecidingStatement),
  facts: z.strictObject({
    principal: z
      .strictObject({
        kind: PrincipalKind,
        status: PrincipalStatus,
        quarantine: QuarantineDescription.nullable(),
        /** Those that count in this workspace. */
        roles: z.array(AnyRole),
        /** Those that cover the reference and the permission, whether their conditions hold or not. */
        grants: z.array(z.strictObject(GrantGivenData.shape)),
        revision: z.int().nonnegative(),
      })
      .nullable(),
    workspace: z.strictObject({
      slug: Workspace,
      exists: z.boolean(),
      profile: WorkspaceProfile,
      /** `<name>@<version>` of each policy in force. */
      policies: z.array(z.string()),
      revision: z.int().nonnegative(),
    }),
    secret: z
      .strictObject({
        status: SecretStatus,
        currentVersion: z.int().positive(),
        quarantines: z.array(QuarantineDescription),
        revision: z.int().positive(),
      })
      .nullable(),
    circumstances: z.strictObject({ now: Timestamp, ip: z.string().nullable(), purpose: z.string().nullable() }),
  }),
});
export type Explanation = z.infer<typeof Explanation>;

/**
 * The accesses of the last `days` in the workspace that the request is addressed to, decided anew with `source` in the
 * place of the policy `name`, or beside the others where there is none. Newest first, a page at a time.
 */
export const WhatIfRequest = z.strictObject({
  name: PolicyName,
  source: PolicySource,
  days: z.int().min(1).max(LIMITS.whatIfDays).default(7),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,128}$/, 'is not a cursor of an earlier page')
    .optional(),
});
export type WhatIfRequest = z.infer<typeof WhatIfRequest>;

/** Accesses of one principal to one secret that would be decided differently. */
export const WhatIfChange = z.strictObject({
  principal: Principal,
  reference: Reference,
  permission: GrantablePermission,
  current: z.enum(['allowed', 'denied']),
  proposed: z.enum(['allowed', 'denied']),
  /** The statements that would decide. */
  decidedBy: z.array(z.string()),
  accesses: z.int().positive(),
  firstAt: Timestamp,
  lastAt: Timestamp,
  /** One of the accesses. */
  eventId: EventId,
});
export type WhatIfChange = z.infer<typeof WhatIfChange>;

/** `upTo` is how far the audit has followed the vault; principals and policies count as they stand there. */
export const WhatIfPage = z.strictObject({
  changes: z.array(WhatIfChange),
  examined: z.int().nonnegative(),
  upTo: z.strictObject({ ordinal: z.int().nonnegative(), time: Timestamp.nullable() }),
  nextCursor: z.string().nullable(),
});
export type WhatIfPage = z.infer<typeof WhatIfPage>;
