/** Asks services over NATS; whatever happens comes back as a reply. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Code, EdgeDetail, RpcAddress, RpcReply } from '@keytrail/contracts';
import { LIMITS, RPC_HEADERS, rpcSubject } from '@keytrail/contracts';
import { requestMac, type RequestPlace, uuidv7 } from '@keytrail/crypto';
import type { MsgHdrs } from '@nats-io/transport-node';
import { SpanKind } from '@opentelemetry/api';
import { ok, refused } from './answer.js';
import {
  type ClientSession,
  type ClientSessions,
  clientSessions,
  openedReply,
  openSession,
  refusalInClear,
  type SessionOptions,
} from './client-session.js';
import type { BusConnection } from './connect.js';
import { replyOf } from './reply.js';
import { rpcDestinations } from './rpc-destination.js';
import { type Exchange, rpcExchange } from './rpc-exchange.js';
import { encodeEdge } from './rpc-request.js';
import { sealingKeys } from './sealing-keys.js';
import { activeTraceparent, inRpcSpan } from './span.js';
import { wireHeaders } from './wire-headers.js';

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

/** A client that can open its session before the first request needs it. */
export interface PreparedRpcClient extends RpcClient {
  /** Returns once a session is open, or the connection is closed. Whoever cannot be reached is asked again. */
  prepare(): Promise<void>;
}

/** Who the connection is: the same that it was opened as. */
export interface RpcSender {
  readonly principal: string;
  readonly conn: string;
}

/** What is answered to whoever can connect. */
const WITHOUT_SESSION: ReadonlySet<string> = new Set(['key.list']);

/** It has ended, or its credential was withdrawn, and there may be another by now. */
const OF_THE_SESSION: ReadonlySet<Code> = new Set<Code>(['auth.session_invalid', 'auth.invalid']);

/** Two are enough: a session that is new is refused for other reasons than its age. */
const ATTEMPTS = 2;

const BETWEEN_ATTEMPTS_MS = 1_000;

/** Whatever is repeated of them is an access of its own, so that they have no command id. */
const ACCESSES: ReadonlySet<string> = new Set(['decrypt', 'decrypt_batch']);

/**
 * With `identity` each request bears its session's MAC, and only a reply that was sealed for it is believed; without,
 * all that can be asked is what needs no session.
 */
export function rpcClient(connection: BusConnection, sender: RpcSender, identity?: SessionOptions): PreparedRpcClient {
  const exchange = rpcExchange(connection, sender);
  const destinationOf = rpcDestinations();
  const sessions = identity && sessionsOf(identity, { exchange, sender });
  const ask = async (subject: string, call: RpcCall): Promise<RpcReply> => {
    const sending = { subject, call, body: bytesOf(call.body) };
    if (sending.body.length > LIMITS.requestBytes)
      return refused('request.too_large', `a request has at most ${LIMITS.requestBytes} bytes`);
    const deadlineMs = call.deadlineMs ?? Date.now() + LIMITS.deadlineDefaultMs;
    if (sessions === undefined || WITHOUT_SESSION.has(`${call.aggregate}.${call.verb}`))
      return askInClear(exchange, sending, deadlineMs);
    // The same id at each attempt: a change that is sent twice is made once.
    const named = ACCESSES.has(call.verb) ? sending : { ...sending, call: { commandId: uuidv7(), ...call } };
    for (let attempt = 1; ; attempt++) {
      const session = await sessionFor(sessions, deadlineMs);
      if (!session.ok) return session;
      const reply = await askInSession(exchange, named, { deadlineMs, session: session.value });
      if (reply.ok || !OF_THE_SESSION.has(reply.error.code) || attempt === ATTEMPTS) return reply;
      sessions.drop(session.value);
    }
  };
  return {
    request: async <T>(call: RpcCall): Promise<RpcReply<T>> => {
      const { service, workspace, aggregate, verb, traceparent } = call;
      const subject = rpcSubject({ ...sender, service, workspace, aggregate, verb } as RpcAddress);
      // Nobody answers a subject that cannot be read: better to say so than to wait.
      const destination = destinationOf(subject);
      if (destination === null) return refused('request.malformed', 'a part of the address is not of its grammar');
      const of = { kind: SpanKind.CLIENT, service, operation: destination.operation, traceparent } as const;
      return inRpcSpan(of, () => ask(subject, call) as Promise<RpcReply<T>>);
    },
    prepare: async () => {
      while (sessions !== undefined && !connection.nc.isClosed() && !(await sessions.current()).ok)
        await sleep(BETWEEN_ATTEMPTS_MS, undefined, { ref: false });
    },
  };
}

/** Where one has to be opened, that goes on for whoever asks next; only this request no longer waits for it. */
async function sessionFor(sessions: ClientSessions, deadlineMs: number): Promise<RpcReply<ClientSession>> {
  const open = sessions.ready();
  if (open !== null) return ok(open);
  const late = Promise.withResolvers<RpcReply<never>>();
  const timer = setTimeout(
    () => late.resolve(refused('request.deadline_exceeded', 'no session was opened before the deadline; ask again')),
    Math.max(0, deadlineMs - Date.now()),
  );
  try {
    return await Promise.race([sessions.current(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function sessionsOf(
  { vaultKey, credential }: SessionOptions,
  { exchange, sender }: { readonly exchange: Exchange; readonly sender: RpcSender },
): ClientSessions {
  const bare = {
    request: <T>(call: RpcCall) => {
      const subject = rpcSubject({ ...sender, ...call } as unknown as RpcAddress);
      const body = bytesOf(call.body);
      return askInClear(
        exchange,
        { subject, call, body },
        call.deadlineMs ?? Date.now() + LIMITS.deadlineDefaultMs,
      ) as Promise<RpcReply<T>>;
    },
  };
  const keys = sealingKeys(bare, vaultKey);
  return clientSessions(() => openSession({ exchange, sender, keys, credential }));
}

/** What JSON cannot say is nothing at all, which the service refuses. */
const bytesOf = (body: unknown): Buffer => Buffer.from((JSON.stringify(body) as string | undefined) ?? '');

interface Sending {
  readonly subject: string;
  readonly call: RpcCall;
  readonly body: Uint8Array;
}

function askInClear(exchange: Exchange, { subject, call, body }: Sending, deadlineMs: number): Promise<RpcReply> {
  return exchange({
    subject,
    deadlineMs,
    write: () => ({ payload: body, headers: headersOf(saidOf(call, deadlineMs)) }),
    take: ({ data }) => replyOf(data) ?? refused('internal', 'the service gave an answer that cannot be read'),
  });
}

interface InSession {
  readonly deadlineMs: number;
  readonly session: ClientSession;
}

function askInSession(
  exchange: Exchange,
  { subject, call, body }: Sending,
  { deadlineMs, session }: InSession,
): Promise<RpcReply> {
  const keys = session.keysOf(call.service);
  const said = { ...saidOf(call, deadlineMs), session: session.sessionId, counter: session.next() };
  const { counter } = said;
  return exchange({
    subject,
    deadlineMs,
    write: (reply) => {
      const mac = requestMac(keys.request, { ...said, subject, reply }, body);
      return { payload: body, headers: headersOf({ ...said, mac }) };
    },
    take: (message, reply) =>
      message.headers?.has(RPC_HEADERS.session)
        ? openedReply(message, { key: keys.reply, place: { session: said.session, counter, subject, reply } })
        : refusalInClear(message),
  });
}

type Said = Omit<RequestPlace, 'subject' | 'reply' | 'session' | 'counter'>;

/** What is absent is '' in the MAC, and not sent. */
function saidOf(call: RpcCall, deadlineMs: number): Said {
  return {
    deadline: String(deadlineMs),
    requestId: call.requestId ?? '',
    commandId: call.commandId ?? '',
    onBehalfOf: call.onBehalfOf ?? '',
    edge: call.edge === undefined ? '' : encodeEdge(call.edge),
    traceparent: activeTraceparent() ?? call.traceparent ?? '',
  };
}

const NAMES = Object.keys(RPC_HEADERS) as readonly (keyof typeof RPC_HEADERS)[];

function headersOf(said: Said & { readonly [Name in keyof typeof RPC_HEADERS]?: string }): MsgHdrs {
  const headers: [name: string, text: string][] = [];
  for (const name of NAMES) {
    const text = said[name] ?? '';
    if (text !== '') headers.push([RPC_HEADERS[name], text]);
  }
  return wireHeaders(headers);
}
