/** Everything about a request but its body: read from subject and headers, by grammar. */
import type { Principal as PrincipalToken, RpcAddress, RpcError } from '@keytrail/contracts';
import {
  EdgeDetail,
  LIMITS,
  MalformedJson,
  parseJson,
  Principal,
  RequestId,
  RPC_HEADERS,
  rpcError,
  Traceparent,
} from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import type { Permit } from '@keytrail/eventsourcing';
import type { KnownSession } from './rpc-sessions.js';

/** What a handler gets beside the body, by Nest's `@Ctx()`. */
export interface RpcRequest {
  readonly address: RpcAddress;
  readonly subject: string;
  readonly reply: string;
  /** In whose name it is asked: the sender, or whom the gateway speaks for. */
  readonly actor: PrincipalToken;
  /** The gateway, where it speaks for somebody. */
  readonly via?: PrincipalToken;
  /** Null for the few operations that need no session; then nobody has shown who they are. */
  readonly session: KnownSession | null;
  /** The request's number within its session. */
  readonly counter: number | null;
  /** The caller's where it was well-formed, else minted here. */
  readonly requestId: RequestId;
  /** The most that an answer may have as JSON. */
  readonly replyBytes: number;
  /** Epoch milliseconds; not yet past when the handler is called. */
  readonly deadlineMs: number;
  readonly commandId?: RequestId;
  readonly traceparent?: string;
  /** Where the request comes from: as the gateway saw its caller, else as nats-server saw the sender. */
  readonly edge?: EdgeDetail;
  /** What it was permitted on, where that can change before a change is made. */
  readonly permit?: Permit;
}

/** The part of a NATS message's headers that is read here. */
export interface RequestHeaders {
  values(name: string): readonly string[];
}

/** What is known of a request before its headers are read. */
export type Arrival = Pick<RpcRequest, 'address' | 'subject' | 'reply' | 'session' | 'counter' | 'replyBytes'>;

export type RequestRead =
  { readonly ok: true; readonly request: RpcRequest } | { readonly ok: false; readonly error: RpcError };

const NONE: readonly string[] = [];

class IllFormedHeader extends Error {
  override readonly name = 'IllFormedHeader';
}

/**
 * `nowMs` in epoch milliseconds. Refuses ill-formed and repeated headers, a deadline that has passed, and whoever
 * speaks
 * for somebody else and is not the gateway.
 */
export function readRequest(arrival: Arrival, headers: RequestHeaders | undefined, nowMs: number): RequestRead {
  try {
    // A deadline that a session has signed stays as it is, whenever its request is read.
    const latestMs = arrival.session === null ? nowMs + LIMITS.deadlineMaxMs : latestDeadlineMs(nowMs);
    const { onBehalfOf, edge, ...said } = headersOf(headers, nowMs, latestMs);
    if (said.deadlineMs <= nowMs)
      return {
        ok: false,
        error: rpcError('request.deadline_exceeded', 'the deadline had passed on arrival; ask again'),
      };
    if (!isGateway(arrival.session)) {
      if (onBehalfOf !== undefined)
        return { ok: false, error: rpcError('access.denied', 'only the gateway may ask in the name of somebody else') };
      const ip = arrival.session?.address ?? undefined;
      const from = ip === undefined ? {} : { edge: { ip } };
      return { ok: true, request: { ...arrival, ...said, actor: arrival.address.principal, ...from } };
    }
    const actor = onBehalfOf ?? arrival.address.principal;
    const via = onBehalfOf === undefined ? {} : { via: arrival.address.principal };
    return { ok: true, request: { ...arrival, ...said, actor, ...via, ...(edge !== undefined && { edge }) } };
  } catch (error) {
    if (!(error instanceof IllFormedHeader)) throw error;
    return { ok: false, error: rpcError('request.malformed', error.message) };
  }
}

/** Whether a session is the gateway's, which alone is believed what it says of others. */
export const isGateway = (session: KnownSession | null): boolean =>
  session?.powers.roles.some(({ role }) => role === 'gateway') ?? false;

function headersOf(headers: RequestHeaders | undefined, nowMs: number, latestMs: number) {
  const optional = <T>(name: string, read: (text: string) => T | undefined): T | undefined => {
    const said = headers?.values(name) ?? NONE;
    if (said.length === 0) return undefined;
    const value = said.length > 1 ? undefined : read(said[0] as string);
    if (value === undefined) throw new IllFormedHeader(`the header ${name} is ill-formed or given twice`);
    return value;
  };
  const deadlineMs = optional(RPC_HEADERS.deadline, momentOf);
  const commandId = optional(RPC_HEADERS.commandId, (text) => RequestId.safeParse(text).data);
  const traceparent = optional(RPC_HEADERS.traceparent, (text) => Traceparent.safeParse(text).data);
  return {
    requestId:
      optional(RPC_HEADERS.requestId, (text) => RequestId.safeParse(text).data ?? mintRequestId()) ?? mintRequestId(),
    deadlineMs: Math.min(deadlineMs ?? nowMs + LIMITS.deadlineDefaultMs, latestMs),
    ...(commandId !== undefined && { commandId }),
    ...(traceparent !== undefined && { traceparent }),
    onBehalfOf: optional(RPC_HEADERS.onBehalfOf, (text) => Principal.safeParse(text).data),
    edge: optional(RPC_HEADERS.edge, edgeOf),
  };
}

/** Beyond it a signed deadline is refused; epoch milliseconds. */
export const latestDeadlineMs = (nowMs: number): number => nowMs + LIMITS.deadlineMaxMs + LIMITS.clockSkewMs;

/** Whether a deadline is said and has passed: as the sender says, who need not be who it says it is. */
export function isPast(headers: RequestHeaders, nowMs: number): boolean {
  const said = headers.values(RPC_HEADERS.deadline);
  return (momentOf(said[0] ?? '') ?? Infinity) <= nowMs;
}

const momentOf = (text: string): number | undefined => (/^\d{1,15}$/.test(text) ? Number(text) : undefined);

const mintRequestId = (): RequestId => uuidv7() as RequestId;

function edgeOf(text: string): EdgeDetail | undefined {
  if (!/^[A-Za-z0-9_-]{1,4096}$/.test(text)) return undefined;
  try {
    return EdgeDetail.safeParse(parseJson(Buffer.from(text, 'base64url'))).data;
  } catch (error) {
    if (error instanceof MalformedJson) return undefined;
    throw error;
  }
}

/** The other end of {@link readRequest}'s `edge`. */
export const encodeEdge = (edge: EdgeDetail): string => Buffer.from(JSON.stringify(edge)).toString('base64url');
