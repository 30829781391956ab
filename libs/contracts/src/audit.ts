/** The audit's questions and answers: the entry that stands for an event, and how entries are looked for. */
import { z } from 'zod';
import { EventId, Principal, Reference, Timestamp, Workspace } from './ids.js';
import { PageCursor, PageLimit, pageOf } from './page.js';

export const AuditOutcome = z.enum(['success', 'failure']);
export type AuditOutcome = z.infer<typeof AuditOutcome>;

/**
 * One event as the audit tells it. Absent facts are null: they were not said, or have been erased. `id`, `principal`
 * and
 * `requestId` are null only where an event cannot be read: it is an entry all the same, and its service and ordinal
 * name it.
 */
export const AuditEntry = z.strictObject({
  id: EventId.nullable(),
  /** The event's place in the order of its service, from 1. */
  ordinal: z.int().positive(),
  service: z.string(),
  /** Where an event cannot be read, when the audit met it. */
  time: Timestamp,
  createdAt: Timestamp,
  action: z.string(),
  /** The CloudEvent type, such as `keytrail.access.SecretDecrypted.v1`. */
  type: z.string(),
  outcome: AuditOutcome,
  success: z.boolean(),
  code: z.string().nullable(),
  errorMessage: z.string().nullable(),
  workspace: Workspace,
  tenant: z.string().nullable(),
  /** What it was done to: a reference, or the id of what else it is, such as the principal that was given a role. */
  subject: z.string().nullable(),
  reference: z.string().nullable(),
  secretName: z.string().nullable(),
  version: z.int().nullable(),
  principal: Principal.nullable(),
  /** What people call the principal, as far as the audit knows it and has not forgotten it. */
  actor: z.string().nullable(),
  actorKind: z.string().nullable(),
  /** The role that it had at the time; several are joined by a comma. */
  actorRole: z.string().nullable(),
  via: Principal.nullable(),
  ip: z.string().nullable(),
  userAgent: z.string().nullable(),
  requestId: z.string().nullable(),
  traceId: z.string().nullable(),
  purpose: z.string().nullable(),
  details: z.record(z.string(), z.json()),
  metadata: z.strictObject({ secretRef: z.string().nullable() }),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/** `from` is included, `to` is not. The action `read` finds decrypts too. A cursor comes from the page before. */
export const ListAuditEventsRequest = z.strictObject({
  action: z
    .string()
    .regex(/^[a-z_]{1,40}$/, 'is not an action: snake case, such as decrypt')
    .optional(),
  principal: Principal.optional(),
  reference: Reference.optional(),
  workspace: Workspace.optional(),
  outcome: AuditOutcome.optional(),
  requestId: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .optional(),
  from: Timestamp.optional(),
  to: Timestamp.optional(),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,128}$/, 'is not a cursor of an earlier page')
    .optional(),
  limit: PageLimit,
});
export type ListAuditEventsRequest = z.infer<typeof ListAuditEventsRequest>;

/**
 * Newest first. `nextCursor` is null on the last page; another page may be short of `limit`, so that it fits a message.
 */
export const AuditEventPage = pageOf(AuditEntry);
export type AuditEventPage = z.infer<typeof AuditEventPage>;

export const GetSecretUsageRequest = z.strictObject({ reference: Reference });
export type GetSecretUsageRequest = z.infer<typeof GetSecretUsageRequest>;

/** How a secret has been used: counts over all time, and its latest accesses, newest first. */
export const SecretUsage = z.strictObject({
  reference: Reference,
  lastUsedAt: Timestamp.nullable(),
  lastUsedBy: Principal.nullable(),
  decrypted: z.int().nonnegative(),
  denied: z.int().nonnegative(),
  /** When the latest anomaly of its use was observed; null where none ever was. */
  accessAnomalyDetectedAt: Timestamp.nullable(),
  items: z.array(AuditEntry),
});
export type SecretUsage = z.infer<typeof SecretUsage>;

/** One secret at a glance; counts are of the last 24 hours. */
export const SecretSecurity = z.strictObject({
  reference: Reference,
  workspace: Workspace,
  accesses24h: z.int().nonnegative(),
  failedAccesses24h: z.int().nonnegative(),
  lastUsedAt: Timestamp.nullable(),
  hasAnomaly: z.boolean(),
  accessAnomalyDetectedAt: Timestamp.nullable(),
});
export type SecretSecurity = z.infer<typeof SecretSecurity>;

/** By reference. */
export const GetSecuritySummaryRequest = z.strictObject({
  workspace: Workspace.optional(),
  cursor: PageCursor.optional(),
  limit: PageLimit,
});
export type GetSecuritySummaryRequest = z.infer<typeof GetSecuritySummaryRequest>;

export const SecuritySummary = pageOf(SecretSecurity);
export type SecuritySummary = z.infer<typeof SecuritySummary>;
