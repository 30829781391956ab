/**
 * Messages that a reader could not take in: parked in its database with their error, until somebody has them replayed.
 */
import { z } from 'zod';
import { SERVICES } from './event.js';
import { EventId, Timestamp } from './ids.js';
import { PageLimit, pageOf } from './page.js';

/** `parked.still_failing`: the message is as parked as before, with its new error and one attempt more. */
export type ParkedRejectionCode = 'parked.not_found' | 'parked.still_failing';

/** An event's place in the order of its service, from 1. */
const Ordinal = z.int().positive();

/** Without `service`, of all services that the reader follows. A cursor comes from the page before. */
export const ListParkedRequest = z.strictObject({
  service: z.enum(SERVICES).optional(),
  cursor: z
    .string()
    .regex(/^[a-z]{1,32}\.\d{1,15}$/, 'is not a cursor of an earlier page')
    .optional(),
  limit: PageLimit,
});
export type ListParkedRequest = z.infer<typeof ListParkedRequest>;

/** One message; `service` and `ordinal` name it. `type` and `eventId` are null where they cannot be read. */
export const ParkedMessage = z.strictObject({
  /** The service whose effect failed. */
  reader: z.enum(SERVICES),
  /** The service whose event it is. */
  service: z.enum(SERVICES),
  ordinal: Ordinal,
  type: z.string().nullable(),
  eventId: EventId.nullable(),
  /** What the message shares with those that must not overtake it; null where any may. */
  orderKey: z.string().nullable(),
  error: z.strictObject({ name: z.string(), message: z.string(), code: z.string().nullable() }),
  /** How often it was tried by itself; 0 where it only waits behind another. */
  attempts: z.int().nonnegative(),
  parkedAt: Timestamp,
});
export type ParkedMessage = z.infer<typeof ParkedMessage>;

/** By service, then by ordinal. `nextCursor` is null on the last page. */
export const ParkedPage = pageOf(ParkedMessage);
export type ParkedPage = z.infer<typeof ParkedPage>;

/** With an order key the whole queue of that key is replayed, from its first message on. */
export const ReplayParkedRequest = z.strictObject({ service: z.enum(SERVICES), ordinal: Ordinal });
export type ReplayParkedRequest = z.infer<typeof ReplayParkedRequest>;

/** How many took effect, and how many of the same queue the deadline left for another request. */
export const ReplayParkedReply = z.strictObject({
  replayed: z.int().positive(),
  remaining: z.int().nonnegative(),
});
export type ReplayParkedReply = z.infer<typeof ReplayParkedReply>;
