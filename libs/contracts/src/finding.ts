/** The finding aggregate: what the anomaly-detector has noticed, each once. */
import { z } from 'zod';
import { EventId, FindingId, Reference, Timestamp, Workspace } from './ids.js';
import { PageCursor, PageLimit, pageOf } from './page.js';

/**
 * The rules on how often one secret is obtained. A rule is broken by more than `threshold` accesses within its window.
 */
export const ACCESS_RATE_RULES = [
  { rule: 'access_rate_minute', windowSeconds: 60, threshold: 100 },
  { rule: 'access_rate_hour', windowSeconds: 3_600, threshold: 10_000 },
  { rule: 'access_rate_day', windowSeconds: 86_400, threshold: 100_000 },
] as const;

export const AnomalyRule = z.enum(ACCESS_RATE_RULES.map(({ rule }) => rule));
export type AnomalyRule = z.infer<typeof AnomalyRule>;

/** `count` accesses, the one of `eventId` being the last, within `windowSeconds` up to `observedAt`. */
export const AnomalyDetectedData = z.object({
  findingId: FindingId,
  rule: AnomalyRule,
  windowSeconds: z.int().positive(),
  threshold: z.int().nonnegative(),
  count: z.int().positive(),
  /** The time of the access that broke the rule. */
  observedAt: Timestamp,
  eventId: EventId,
});

export interface AnomalyDetected {
  readonly type: 'AnomalyDetected';
  readonly data: Readonly<z.infer<typeof AnomalyDetectedData>>;
}

export type FindingEvent = AnomalyDetected;

/** One episode. `ongoing` until its count is back at the threshold. */
export const Finding = z.strictObject({
  id: FindingId,
  reference: Reference,
  workspace: Workspace,
  ...AnomalyDetectedData.omit({ findingId: true }).shape,
  ongoing: z.boolean(),
  detectedAt: Timestamp,
});
export type Finding = z.infer<typeof Finding>;

/** Newest first. */
export const ListFindingsRequest = z.strictObject({
  workspace: Workspace.optional(),
  reference: Reference.optional(),
  rule: AnomalyRule.optional(),
  cursor: PageCursor.optional(),
  limit: PageLimit,
});
export type ListFindingsRequest = z.infer<typeof ListFindingsRequest>;

export const FindingPage = pageOf(Finding);
export type FindingPage = z.infer<typeof FindingPage>;

export const GetFindingRequest = z.strictObject({ id: FindingId });
export type GetFindingRequest = z.infer<typeof GetFindingRequest>;

export type FindingRejectionCode = 'finding.not_found';

export const findingStream = (id: string): string => `finding-${id}`;
