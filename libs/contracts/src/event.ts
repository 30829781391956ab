/** An event as it is stored and published: a CloudEvent body with ids only, and a detail that can be erased. */
import { z } from 'zod';
import { Digest, EventId, Principal, RequestId, Timestamp, Traceparent, Workspace } from './ids.js';

export const SERVICES = ['vault', 'rotation', 'audit', 'anomaly'] as const;
/** The services that own a journal and a stream. */
export type Service = (typeof SERVICES)[number];

/** The body of an event, a CloudEvent 1.0 in structured form; stored and published as its canonical JSON (RFC 8785). */
export const EventBody = z.strictObject({
  specversion: z.literal('1.0'),
  id: EventId,
  source: z.string().regex(/^\/keytrail\/[a-z]+$/),
  type: z.string().regex(/^keytrail\.[a-z]+\.[A-Za-z]+\.v\d+$/),
  subject: z.string(),
  time: Timestamp,
  workspace: Workspace,
  stream: z.string(),
  /** Position in the aggregate's own stream, from 1; access events have none. */
  revision: z.int().positive().optional(),
  principal: Principal,
  via: Principal.optional(),
  requestid: RequestId,
  commandid: RequestId.optional(),
  commanddigest: Digest.optional(),
  traceparent: Traceparent.optional(),
  detaildigest: Digest,
  data: z.record(z.string(), z.json()),
});
export type EventBody = z.infer<typeof EventBody>;

/** What may have to be forgotten: bound to the body by SHA-256(salt ‖ canonical JSON of the detail). */
export const EventDetail = z.strictObject({
  ip: z.string().max(64).optional(),
  userAgent: z.string().max(512).optional(),
  names: z.record(z.string(), z.string()).optional(),
  text: z.string().max(500).optional(),
});
export type EventDetail = z.infer<typeof EventDetail>;

/** `keytrail.<aggregate>.<EventType>.v1` */
export const cloudEventType = (aggregate: string, type: string): string => `keytrail.${aggregate}.${type}.v1`;

/** The aggregate and the event's name in a CloudEvent type. */
export function partsOfType(type: string): { readonly aggregate: string; readonly name: string } {
  const [, aggregate = '', name = ''] = type.split('.');
  return { aggregate, name };
}
