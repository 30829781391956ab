/** Everything about a request but its body: read from subject and headers, by grammar. */
import type { RpcAddress, RpcError } from '@keytrail/contracts';
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

/** What a handler gets beside the body, by Nest's `@Ctx()`. */
export interface RpcRequest {
  readonly address: RpcAddress;
  /** The caller's where it was well-formed, else minted here. */
  readonly requestId: RequestId;
  /** Epoch milliseconds; not yet past when the handler is called. */
  readonly deadlineMs: number;
  readonly commandId?: RequestId;
  /** As the caller says: a handler believes it from the gateway only. So with `edge`. */
  readonly onBehalfOf?: Principal;
  readonly traceparent?: string;
  readonly edge?: EdgeDetail;
}

/** The part of a NATS message's headers that is read here. */
export interface RequestHeaders {
  values(name: string): readonly string[];
}

export type RequestRead =
  { readonly ok: true; readonly request: RpcRequest } | { readonly ok: false; readonly error: RpcError };

class IllFormedHeader extends Error {
  override readonly name = 'IllFormedHeader';
}

/** `nowMs` in epoch milliseconds. Refuses ill-formed and repeated headers, and a deadline that has passed. */
export function readRequest(address: RpcAddress, headers: RequestHeaders | undefined, nowMs: number): RequestRead {
  try {
    const request = requestOf(address, headers, nowMs);
    if (request.deadlineMs > nowMs) return { ok: true, request };
    return { ok: false, error: rpcError('request.deadline_exceeded', 'the deadline had passed on arrival; ask again') };
  } catch (error) {
    if (!(error instanceof IllFormedHeader)) throw error;
    return { ok: false, error: rpcError('request.malformed', error.message) };
  }
}

function requestOf(address: RpcAddress, headers: RequestHeaders | undefined, nowMs: number): RpcRequest {
  const optional = <T>(name: string, read: (text: string) => T | undefined): T | undefined => {
    const [text, ...more] = headers?.values(name) ?? [];
    if (text === undefined) return undefined;
    const value = more.length > 0 ? undefined : read(text);
    if (value === undefined) throw new IllFormedHeader(`the header ${name} is ill-formed or given twice`);
    return value;
  };
  const deadlineMs = optional(RPC_HEADERS.deadline, (text) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined));
  return {
    address,
    requestId:
      optional(RPC_HEADERS.requestId, (text) => RequestId.safeParse(text).data ?? mintRequestId()) ?? mintRequestId(),
    deadlineMs: Math.min(deadlineMs ?? nowMs + LIMITS.deadlineDefaultMs, nowMs + LIMITS.deadlineMaxMs),
    commandId: optional(RPC_HEADERS.commandId, (text) => RequestId.safeParse(text).data),
    onBehalfOf: optional(RPC_HEADERS.onBehalfOf, (text) => Principal.safeParse(text).data),
    traceparent: optional(RPC_HEADERS.traceparent, (text) => Traceparent.safeParse(text).data),
    edge: optional(RPC_HEADERS.edge, edgeOf),
  };
}

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
