/** What an event says: the facts that the audit keeps of it, and the entry that it tells. */
import type {
  AuditEntry,
  AuditOutcome,
  EventAddress,
  EventBody,
  EventId,
  Principal,
  Service,
  Workspace,
} from '@keytrail/contracts';
import {
  ACTIONS,
  EventBody as EventBodySchema,
  EventDetail,
  MalformedJson,
  parseEventSubject,
  parseJson,
  partsOf,
  partsOfType,
  cloudEventType,
  Reference,
  SYSTEM_WORKSPACE,
} from '@keytrail/contracts';
import { sha256Hex } from '@keytrail/crypto';
import { z } from 'zod';
import { judge, messageOf } from './failure.view.js';

/** An event as the bus brings it; the bytes are as the journal holds them. */
export interface ArrivedEvent {
  readonly service: Service;
  readonly ordinal: number;
  readonly subject: string;
  readonly body: Uint8Array;
  readonly detail: Uint8Array | null;
  readonly salt: Uint8Array | null;
}

/** What is kept of an event; the rest of an entry follows from it. Null is what was not said, or has been erased. */
export interface AuditFacts {
  readonly service: Service;
  readonly ordinal: number;
  readonly id: EventId | null;
  /** RFC 3339 UTC, milliseconds. */
  readonly time: string;
  readonly action: string;
  readonly type: string;
  readonly outcome: AuditOutcome;
  readonly code: string | null;
  readonly workspace: Workspace;
  /** What it was done to: a reference, or the id of an aggregate. Null where the body is not one of ours. */
  readonly subject: string | null;
  readonly reference: Reference | null;
  readonly version: number | null;
  readonly principal: Principal | null;
  readonly via: Principal | null;
  readonly requestId: string | null;
  readonly traceId: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly purpose: string | null;
  readonly details: EventBody['data'];
}

/** Who the principal of an event was when it acted; null is what the audit does not know, or has been erased. */
export type Actor = Pick<AuditEntry, 'actor' | 'actorKind' | 'actorRole'>;

/** All that an entry is made of. */
export type AuditRecord = AuditFacts & Actor;

/** What is wrong with an event: its body is not one of ours, or its detail is not the one that its body is bound to. */
export type Flaw = 'body_unreadable' | 'detail_mismatch';

export interface Reading {
  readonly facts: AuditFacts;
  /** Names of the outside world, by what they name; none once they have been erased. */
  readonly names: Readonly<Record<string, string>>;
  readonly flaws: readonly Flaw[];
}

/** Reads any event as far as it can be told; `seenAt` (RFC 3339) stands in for a time that it does not tell. */
export function readEvent(event: ArrivedEvent, seenAt: string): Reading {
  const { said, whole } = readBody(event.body);
  const detail = readDetail(event, said.detaildigest);
  const address = parseEventSubject(event.subject);
  const name = nameOf(said, address);
  return {
    facts: {
      service: event.service,
      ordinal: event.ordinal,
      id: said.id ?? null,
      time: said.time ?? seenAt,
      action: actionOf(name),
      type: said.type ?? (address === null ? 'unknown' : cloudEventType(address.aggregate, address.type)),
      ...judge(name, said.data),
      workspace: said.workspace ?? (address?.workspace as Workspace | undefined) ?? SYSTEM_WORKSPACE,
      subject: (whole ? said.subject : undefined) ?? null,
      reference: Reference.safeParse(said.subject).data ?? null,
      version: Version.safeParse(said.data?.['version']).data ?? null,
      principal: said.principal ?? null,
      via: said.via ?? null,
      requestId: said.requestid ?? null,
      traceId: said.traceparent?.split('-')[1] ?? null,
      ip: detail?.ip ?? null,
      userAgent: detail?.userAgent ?? null,
      purpose: detail?.text ?? null,
      details: said.data ?? {},
    },
    names: detail?.names ?? {},
    flaws: [...(whole ? [] : ['body_unreadable' as const]), ...(detail === null ? ['detail_mismatch' as const] : [])],
  };
}

/** The entry that stands for an event. */
export function entryOf(record: AuditRecord): AuditEntry {
  const { time, outcome, workspace, reference } = record;
  return {
    ...record,
    createdAt: time,
    success: outcome === 'success',
    errorMessage: outcome === 'success' ? null : messageOf(record),
    tenant: workspace === SYSTEM_WORKSPACE ? null : workspace,
    secretName: reference === null ? null : partsOf(reference).key,
    metadata: { secretRef: reference },
  };
}

/** A later version of the sender may say more than this one knows: further keys are no flaw. */
const WholeBody = z.object(EventBodySchema.shape);

/** Whatever of a body is of its form. */
const PartialBody = z.object(
  Object.fromEntries(
    Object.entries(EventBodySchema.shape).map(([key, field]) => [key, z.optional(field).catch(undefined)]),
  ),
);

const WholeDetail = z.object(EventDetail.shape);

const Version = z.int32().positive();

type Said = Partial<EventBody>;

function readBody(body: Uint8Array): { readonly said: Said; readonly whole: boolean } {
  const json = jsonIn(body);
  const { data: whole } = WholeBody.safeParse(json);
  if (whole !== undefined) return { said: whole, whole: true };
  return { said: PartialBody.safeParse(json).data ?? {}, whole: false };
}

/** Null where the detail is not the one that the body is bound to: then nothing of it is to be believed. */
function readDetail({ detail, salt }: ArrivedEvent, digest: string | undefined): EventDetail | null {
  if (detail === null) return {};
  if (salt === null || sha256Hex(Buffer.concat([salt, detail])) !== digest) return null;
  return WholeDetail.safeParse(jsonIn(detail)).data ?? null;
}

/** Undefined where the bytes are not JSON that we accept. */
function jsonIn(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes);
  } catch (error) {
    if (error instanceof MalformedJson) return undefined;
    throw error;
  }
}

function nameOf({ type }: Said, address: EventAddress | null): string {
  return type === undefined ? (address?.type ?? 'Unknown') : partsOfType(type).name;
}

/** As many as can be asked for. */
const ACTION_CHARACTERS = 40;

function actionOf(name: string): string {
  const actions: Readonly<Record<string, string>> = ACTIONS;
  if (Object.hasOwn(actions, name)) return actions[name] as string;
  return name
    .replace(/(?<=[a-z])(?=[A-Z])/g, '_')
    .toLowerCase()
    .slice(0, ACTION_CHARACTERS);
}
