/** An event as a message of its stream, there and back. */
import type { Service } from '@keytrail/contracts';
import { eventSubject } from '@keytrail/contracts';
import type { StoredEvent } from '@keytrail/eventsourcing';
import type { MsgHdrs } from '@nats-io/transport-node';
import { decodeDetail, encodeDetail } from './detail-header.js';
import { activeTraceparent } from './span.js';
import { wireHeaders } from './wire-headers.js';

/** An event as it arrives from the bus. */
export interface BusEvent {
  /** Its place in the order of its service, from 1; the sequence in the stream. */
  readonly ordinal: number;
  readonly subject: string;
  /** Canonical JSON of an `EventBody`, as the journal holds it. */
  readonly body: Uint8Array;
  /** Canonical JSON of an `EventDetail`; null once erased, and then `salt` is too. */
  readonly detail: Uint8Array | null;
  readonly salt: Uint8Array | null;
  /** The relay's span where the relay traces, by the header of the message; not checked. */
  readonly traceparent?: string;
}

export const EVENT_HEADERS = {
  ordinal: 'kt-ordinal',
  detail: 'kt-detail',
  id: 'ce-id',
  messageId: 'Nats-Msg-Id',
  traceparent: 'traceparent',
} as const;

export function subjectOf(service: Service, { workspace, aggregate, type }: StoredEvent): string {
  return eventSubject({ service, workspace, aggregate, type });
}

/** JetStream's conditions on a message: https://docs.nats.io/nats-concepts/jetstream/headers. */
const EXPECTED = {
  stream: 'Nats-Expected-Stream',
  lastSequence: 'Nats-Expected-Last-Sequence',
  lastMessageId: 'Nats-Expected-Last-Msg-Id',
} as const;

/** Where a message is to stand: next in its stream, and behind the message `after` where one is given. */
export interface PlaceInStream {
  readonly ordinal: number;
  readonly stream: string;
  readonly after: string | undefined;
}

/** Names the active trace, where there is one, for readers to continue. */
export function headersOf({ id, detail, salt }: StoredEvent, { ordinal, stream, after }: PlaceInStream): MsgHdrs {
  const said: [name: string, text: string][] = [
    [EXPECTED.stream, stream],
    [EXPECTED.lastSequence, String(ordinal - 1)],
    ['content-type', 'application/cloudevents+json'],
    [EVENT_HEADERS.id, id],
    [EVENT_HEADERS.messageId, id],
    [EVENT_HEADERS.ordinal, String(ordinal)],
  ];
  if (after !== undefined) said.push([EXPECTED.lastMessageId, after]);
  if (detail !== null && salt !== null) said.push([EVENT_HEADERS.detail, encodeDetail(salt, detail)]);
  const traceparent = activeTraceparent();
  if (traceparent !== undefined) said.push([EVENT_HEADERS.traceparent, traceparent]);
  return wireHeaders(said);
}

/** What of a JetStream message makes an event. */
export interface StreamMessage {
  readonly seq: number;
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers?: MsgHdrs | undefined;
}

/** Null where the message is not an event of ours: its ordinal is not its sequence, or its detail is not readable. */
export function busEventOf({ seq, subject, data, headers: all }: StreamMessage): BusEvent | null {
  if (all?.get(EVENT_HEADERS.ordinal) !== String(seq)) return null;
  const traceparent = all.has(EVENT_HEADERS.traceparent) ? all.get(EVENT_HEADERS.traceparent) : undefined;
  const base = { ordinal: seq, subject, body: data, ...(traceparent !== undefined && { traceparent }) };
  if (!all.has(EVENT_HEADERS.detail)) return { ...base, detail: null, salt: null };
  const salted = decodeDetail(all.get(EVENT_HEADERS.detail));
  return salted === null ? null : { ...base, ...salted };
}
