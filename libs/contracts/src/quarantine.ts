/** Quarantine: access is held back, and can be given back: of a secret, of a principal, or of one on the other. */
import { z } from 'zod';
import { Principal, Timestamp } from './ids.js';
import { LIMITS } from './limits.js';

/** `until`: from then on it holds nobody back; absent where it lasts until it is released. */
export const QuarantineShape = { until: Timestamp.optional() };

/** `reason` is free text: it goes into the event's detail, where it can be erased. */
export const QuarantineRequestShape = {
  ttlSeconds: z.int().min(1).max(LIMITS.quarantineMaxSeconds).optional(),
  reason: z.string().min(1).max(500),
};

export const ReleaseRequestShape = { reason: z.string().min(1).max(500).optional() };

/** `by` has asked for the release, which takes effect once somebody else asks for it too. */
export const ReleaseRequestedShape = { by: Principal };

/** What is shown of a quarantine that stands. */
export const QuarantineDescription = z.strictObject({
  /** The one who is held back; null for everybody. */
  principal: Principal.nullable(),
  until: Timestamp.nullable(),
  /** Who has asked for its release, where another person has to as well. */
  releaseRequestedBy: Principal.nullable(),
});
export type QuarantineDescription = z.infer<typeof QuarantineDescription>;
