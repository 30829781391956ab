/** A fact becomes a CloudEvent whose time the database will fill in: the canonical JSON before it, and after it. */
import type { EventId, Service } from '@keytrail/contracts';
import { LIMITS, cloudEventType } from '@keytrail/contracts';
import { canonicalJson, publicRandomBytes, sha256Hex, uuidv7 } from '@keytrail/crypto';
import type { DomainEvent, Recorded, RequestFacts } from '@keytrail/eventsourcing';

const SALT_BYTES = 16;

export interface EnvelopeInput {
  readonly service: Service;
  readonly aggregate: string;
  readonly stream: string;
  readonly subject: string;
  /** Absent for events outside of any decider's stream. */
  readonly revision?: number;
  readonly event: DomainEvent;
  readonly facts: RequestFacts;
}

/** The body is `head ‖ time ‖ tail`, and that is canonical JSON (RFC 8785) of an `EventBody`. */
export interface Envelope {
  readonly id: EventId;
  readonly workspace: string;
  readonly aggregate: string;
  readonly type: string;
  readonly head: string;
  readonly tail: string;
  readonly salt: Buffer;
  readonly detail: Buffer;
}

/** Keys sort by code units, so those of the head stand before `time` and those of the tail behind it. */
export function envelope({ service, aggregate, stream, subject, revision, event, facts }: EnvelopeInput): Envelope {
  const id = uuidv7() as EventId;
  const salt = publicRandomBytes(SALT_BYTES);
  const { detail, tail } = writtenOf(facts, cloudEventType(aggregate, event.type));
  const head = canonicalJson({
    ...(facts.command && { commanddigest: facts.command.digest, commandid: facts.command.id }),
    data: event.data,
    detaildigest: sha256Hex(Buffer.concat([salt, detail])),
    id,
    principal: facts.principal,
    requestid: facts.requestId,
    ...(revision !== undefined && { revision }),
    source: `/keytrail/${service}`,
    specversion: '1.0',
    stream,
    subject,
  });
  if (Buffer.byteLength(head) + Buffer.byteLength(tail) > LIMITS.eventBodyBytes)
    throw new RangeError(`a ${event.type} is too large to record`);
  const parts = { head: `${head.slice(0, -1)},"time":"`, tail: `",${tail.slice(1)}` };
  return { id, workspace: facts.workspace, aggregate, type: event.type, ...parts, salt, detail };
}

/** What is the same in all events of one type and one request, written. */
interface Written {
  readonly facts: RequestFacts;
  readonly type: string;
  readonly detail: Buffer;
  readonly tail: string;
}

/** Events of a batch follow each other. */
let last: Written | null = null;

function writtenOf(facts: RequestFacts, type: string): Written {
  if (last?.facts !== facts || last.type !== type) {
    const { traceparent, via, workspace } = facts;
    const tail = {
      ...(traceparent !== undefined && { traceparent }),
      type,
      ...(via !== undefined && { via }),
      workspace,
    };
    last = { facts, type, detail: Buffer.from(canonicalJson(facts.detail)), tail: canonicalJson(tail) };
  }
  return last;
}

/** The SHA-256 of the body that the database has written, in lower-case hexadecimal. */
export function bodyDigest({ head, tail }: Envelope, time: string): string {
  return sha256Hex(head + time + tail);
}

/** What a body of ours says, as deciders and views read it. */
export function recordedFrom<E extends DomainEvent>(body: Uint8Array): Recorded<E> {
  const said = JSON.parse(Buffer.from(body).toString('utf8')) as BodyOfOurs<E>;
  return {
    id: said.id,
    revision: said.revision,
    time: said.time,
    principal: said.principal,
    ...(said.commandid !== undefined && { command: { id: said.commandid, digest: said.commanddigest ?? '' } }),
    event: { type: said.type.split('.')[2], data: said.data } as E,
  };
}

interface BodyOfOurs<E extends DomainEvent> {
  readonly id: EventId;
  readonly revision: number;
  readonly time: string;
  readonly type: string;
  readonly principal: Recorded['principal'];
  readonly commandid?: string;
  readonly commanddigest?: string;
  readonly data: E['data'];
}
