/** Asks services over NATS; whatever happens comes back as a reply. */
import type { EdgeDetail, RpcAddress, RpcReply } from '@keytrail/contracts';
import { LIMITS, parseReply, parseRpcSubject, RPC_HEADERS, rpcSubject } from '@keytrail/contracts';
import type { Msg, MsgHdrs } from '@nats-io/transport-node';
import { errors, headers } from '@nats-io/transport-node';
import { SpanKind } from '@opentelemetry/api';
import { refused } from './answer.js';
import type { BusConnection } from './connect.js';
import { encodeEdge } from './rpc-request.js';
import { activeTraceparent, inRpcSpan } from './span.js';

/** A request; what is absent is not sent. `body` is anything that JSON can say. */
export interface RpcCall {
  readonly service: string;
  readonly workspace: string;
  readonly aggregate: string;
  readonly verb: string;
  readonly body: unknown;
  readonly requestId?: string;
  /** Epoch milliseconds; by default `LIMITS.deadlineDefaultMs` from now. */
  readonly deadlineMs?: number;
  /** On changes: repeated with the same id, a change has one effect and the same answer. */
  readonly commandId?: string;
  /** The trace to go on with; one that is active in this process comes before it. */
  readonly traceparent?: string;
  readonly onBehalfOf?: string;
  readonly edge?: EdgeDetail;
}

export interface RpcClient {
  /**
   * Never throws for what can happen on the way: `service.unavailable` (nobody answers, or no connection),
   * `request.deadline_exceeded` (whether it was done is unknown), `request.too_large`, `access.denied` (NATS does not
   * let this identity ask that), `internal` (the answer is not a reply). `T` is what the service promises; not checked.
   */
  request<T>(call: RpcCall): Promise<RpcReply<T>>;
}

/** Who the connection is: the same that it was opened as. */
export interface RpcSender {
  readonly principal: string;
  readonly conn: string;
}

export function rpcClient(connection: BusConnection, sender: RpcSender): RpcClient {
  const ask = async <T>(subject: string, call: RpcCall): Promise<RpcReply<T>> => {
    const payload = new TextEncoder().encode(JSON.stringify(call.body));
    if (payload.length > LIMITS.requestBytes)
      return refused('request.too_large', `a request has at most ${LIMITS.requestBytes} bytes`);
    const deadlineMs = call.deadlineMs ?? Date.now() + LIMITS.deadlineDefaultMs;
    const timeout = deadlineMs - Date.now();
    if (timeout < 1) return refused('request.deadline_exceeded', 'the deadline had passed before the request was sent');
    if (!connection.isConnected())
      return refused('service.unavailable', 'there is no connection to the bus; try again');
    try {
      const message = await connection.nc.request(subject, payload, {
        timeout,
        headers: headersOf(call, deadlineMs),
      });
      return replyOf<T>(message);
    } catch (error) {
      return refusalOf(error, connection);
    }
  };
  return {
    request: async <T>(call: RpcCall): Promise<RpcReply<T>> => {
      const subject = rpcSubject({ ...sender, ...call } as unknown as RpcAddress);
      // Nobody answers a subject that cannot be read: better to say so than to wait.
      if (parseRpcSubject(subject) === null)
        return refused('request.malformed', 'a part of the address is not of its grammar');
      const { service, aggregate, verb, traceparent } = call;
      const of = { kind: SpanKind.CLIENT, service, operation: `${aggregate}.${verb}`, traceparent } as const;
      return inRpcSpan(of, () => ask<T>(subject, call));
    },
  };
}

function headersOf(call: RpcCall, deadlineMs: number): MsgHdrs {
  const all = headers();
  const set = (name: string, value: string | undefined): void => {
    if (value !== undefined) all.set(name, value);
  };
  set(RPC_HEADERS.deadline, String(deadlineMs));
  set(RPC_HEADERS.requestId, call.requestId);
  set(RPC_HEADERS.commandId, call.commandId);
  set(RPC_HEADERS.traceparent, activeTraceparent() ?? call.traceparent);
  set(RPC_HEADERS.onBehalfOf, call.onBehalfOf);
  set(RPC_HEADERS.edge, call.edge && encodeEdge(call.edge));
  return all;
}

function replyOf<T>(message: Msg): RpcReply<T> {
  const malformed = refused('internal', 'the service gave an answer that cannot be read');
  try {
    return (parseReply(message.json()) as RpcReply<T> | null) ?? malformed;
  } catch {
    return malformed;
  }
}

function refusalOf(error: unknown, connection: BusConnection): RpcReply<never> {
  const cause = error instanceof errors.RequestError ? (error.cause ?? error) : error;
  if (cause instanceof errors.PermissionViolationError)
    return refused('access.denied', 'this identity may not send such a request');
  if (cause instanceof errors.TimeoutError && connection.isConnected())
    return refused('request.deadline_exceeded', 'no answer came before the deadline; whether it was done is unknown');
  return refused('service.unavailable', 'the service cannot be reached at the moment; try again');
}
