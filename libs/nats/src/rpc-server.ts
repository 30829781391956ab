/** Answers a service's requests: Nest finds the handler, everything around it is done here. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Code, RpcAddress, RpcReply } from '@keytrail/contracts';
import { LIMITS, MalformedJson, parseJson, rpcError, rpcSubscription } from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import type { Permit } from '@keytrail/eventsourcing';
import type { CustomTransportStrategy, MessageHandler } from '@nestjs/microservices';
import { Server } from '@nestjs/microservices';
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { SpanKind } from '@opentelemetry/api';
import { isObservable, lastValueFrom } from 'rxjs';
import { refused } from './answer.js';
import type { BusConnection } from './connect.js';
import { faultOf } from './fault.js';
import type { Log } from './log.js';
import { PermissionWithdrawn } from './refusal.js';
import {
  type Answerable,
  type Arrived,
  fairDoor,
  isLate,
  late,
  type ManyInOne,
  overloaded,
  unknownOperation,
  weightOf,
} from './rpc-arrived.js';
import { rpcDestinations } from './rpc-destination.js';
import { type ReplySender, replySender, type SealedBy, SealedUnder } from './rpc-replies.js';
import { readRequest, type RpcRequest } from './rpc-request.js';
import { type RpcSessions, sessionDoor, type SignedMessage } from './rpc-sessions.js';
import { inRpcSpan } from './span.js';
import { tally } from './tally.js';
import { headersRead } from './wire-headers.js';

const DRAIN_MS = 8_000;
const DRAIN_POLL_MS = 5;

/**
 * For metrics. `dropped` messages get no answer: their subject is not of our grammar, or their reply subject is not
 * below
 * the caller's own prefix. `operation` is `<aggregate>.<verb>` where there is a handler for it, else `unknown`.
 */
export type RpcServerEvent =
  | { readonly type: 'dropped'; readonly cause: DropCause }
  | { readonly type: 'answered'; readonly operation: string; readonly code: Code | 'ok'; readonly durationMs: number };

type DropCause = 'subject' | 'reply';

/** What many meet at once when there is too much to do. */
const CROWDED: ReadonlySet<Code> = new Set<Code>(['service.overloaded', 'request.deadline_exceeded']);

export interface RpcServerOptions {
  readonly service: string;
  /** To the account of requests, as this service. */
  readonly connection: BusConnection;
  readonly sessions: RpcSessions;
  /** Operations (`<aggregate>.<verb>`) that are answered to whoever can connect; all others are a session's. */
  readonly withoutSession?: ReadonlySet<string>;
  /** Operations that are many requests in one, and as much work as they have room for. */
  readonly manyInOne?: ReadonlyMap<string, ManyInOne>;
  /**
   * Whether the session may ask this, once the request is proven to be its own: a refusal, or what permits it; null
   * where it may and nothing can take that back. `body` is any JSON.
   * By default the gateway may, in the name of somebody for whom it has asked the vault, and nobody else.
   */
  readonly authorize?: (request: RpcRequest, body: unknown) => Promise<RpcReply<never> | Permit | null>;
  readonly log: Log;
  readonly onEvent?: (event: RpcServerEvent) => void;
}

/**
 * A Nest transport: `{ strategy: new RpcServer(…) }`. One subscription for the whole service, in a queue group of all
 * its
 * replicas. `close()` takes no new request, answers those in flight (8 s at most), and leaves the connection open.
 */
export class RpcServer extends Server implements CustomTransportStrategy {
  private readonly nc: NatsConnection;
  private subscription: Subscription | null = null;
  private readonly door = fairDoor();
  private readonly destinationOf = rpcDestinations();
  private readonly dropped: Readonly<Record<DropCause, () => void>>;
  private readonly turnedAway: () => void;
  private readonly admit: ReturnType<typeof sessionDoor>;
  private readonly replies: ReplySender;

  constructor(private readonly options: RpcServerOptions) {
    super();
    this.nc = options.connection.nc;
    const { log, sessions } = options;
    this.admit = sessionDoor(sessions);
    this.replies = replySender(this.nc, log);
    const dropping = (cause: DropCause) => tally((count) => log.warn({ cause, count }, 'requests were dropped'));
    this.dropped = { subject: dropping('subject'), reply: dropping('reply') };
    this.turnedAway = tally((count) => log.warn({ count }, 'requests were turned away or came too late'));
  }

  listen(callback: (error?: unknown) => void): void {
    const { service, log } = this.options;
    const failed = (error: unknown): void => {
      log.error({ err: error, service }, 'requests cannot be received');
      callback(error);
    };
    this.subscription = this.nc.subscribe(rpcSubscription(service), {
      queue: service,
      callback: (error, message) => (error ? failed(error) : this.receive(message)),
    });
    // Once the server has answered, it has taken the subscription or refused it.
    this.nc.flush().then(() => this.subscription?.isClosed() || callback(), failed);
  }

  /** Those that have come and are not answered yet, whether they are being served or wait for their turn. */
  get requestsInFlight(): number {
    return this.door.visitors;
  }

  get requestsWaiting(): number {
    return this.door.waiting;
  }

  /** Whether requests reach it: it has not been closed, and the server has not taken its subscription away. */
  isListening(): boolean {
    return this.subscription?.isClosed() === false;
  }

  async close(): Promise<void> {
    const { subscription } = this;
    if (subscription === null) return;
    this.subscription = null;
    const giveUp = AbortSignal.timeout(DRAIN_MS);
    await Promise.race([subscription.drain().catch(() => {}), aborted(giveUp)]);
    while (this.requestsInFlight > 0 && !giveUp.aborted) await sleep(DRAIN_POLL_MS);
    const inFlight = this.requestsInFlight;
    if (inFlight > 0) this.options.log.error({ inFlight }, 'requests are left unanswered');
    this.replies.flush();
    await Promise.race([this.nc.flush().catch(() => {}), aborted(giveUp)]);
  }

  unwrap(): never {
    throw new Error('the connection stays in this room');
  }

  on(event: string): never {
    throw new Error(`the RPC server has no event ${event}: use onEvent`);
  }

  private receive(message: Msg): void {
    const destination = this.destinationOf(message.subject);
    if (destination === null) return this.drop('subject');
    const { address, operation, replyPrefix } = destination;
    const to = message.reply ?? '';
    if (!to.startsWith(replyPrefix) || to.length === replyPrefix.length) return this.drop('reply');
    const handler = this.messageHandlers.get(operation);
    const startedMs = performance.now();
    if (handler === undefined)
      return this.finish({ to, message, operation: 'unknown', startedMs }, inClear(unknownOperation));
    const many = this.options.manyInOne?.get(operation);
    const weight = many === undefined ? 1 : weightOf(many, message);
    const arrived = { address, to, message, handler, operation, startedMs, caller: address.principal, weight };
    if (this.door.enter(arrived)) return void this.serve(arrived);
    const lost = this.door.wait(arrived);
    if (lost !== null) this.turnAway(lost, overloaded);
  }

  private finish({ to, message, operation, startedMs }: Answerable, { reply, under }: Served): void {
    const code = this.replies.send({ to, from: message.subject, under }, reply);
    this.options.onEvent?.({ type: 'answered', operation, code, durationMs: performance.now() - startedMs });
  }

  private turnAway(arrived: Arrived, why: Refusal): void {
    this.turnedAway();
    this.finish(arrived, inClear(why));
  }

  private async serve(arrived: Arrived): Promise<void> {
    let served: Served;
    try {
      served = await this.answer(arrived);
    } catch (error) {
      served = inClear(this.failed(error, arrived.address, uuidv7()));
    }
    this.door.leave(arrived);
    this.finish(arrived, served);
    this.serveNext();
  }

  /** Whoever's caller has given up meanwhile costs no work. */
  private serveNext(): void {
    for (let next = this.door.next(); next !== null; next = this.door.next()) {
      if (!isLate(next)) void this.serve(next);
      else {
        this.door.leave(next);
        this.turnAway(next, late);
      }
    }
  }

  private async answer({ address, to, message, handler, operation }: Arrived): Promise<Served> {
    const { subject, data: body } = message;
    const given = headersRead(message);
    if (given === null) return inClear(refused('request.malformed', 'the headers are not well-formed'));
    if (body.length > LIMITS.requestBytes)
      return inClear(refused('request.too_large', `a request has at most ${LIMITS.requestBytes} bytes`));
    const nowMs = Date.now();
    const admitted = this.options.withoutSession?.has(operation)
      ? NO_SESSION
      : await this.admitted({ address, subject, reply: to, headers: given, body }, nowMs);
    if (!admitted.ok) return inClear(admitted);
    const { session, counter } = admitted;
    const under: SealedBy | null = session && { session, counter: String(counter) };
    const read = readRequest(
      { address, subject, reply: to, session, counter, replyBytes: this.replies.maxBytes() },
      given,
      nowMs,
    );
    if (!read.ok) return { reply: read, under };
    const { request } = read;
    const of = {
      kind: SpanKind.SERVER,
      service: this.options.service,
      operation,
      traceparent: request.traceparent,
    } as const;
    let sealedBy = under;
    const reply = await inRpcSpan(of, async () => {
      const answered = await this.handle(handler, body, request);
      if (!(answered instanceof SealedUnder)) return answered;
      sealedBy = { session: answered.session, counter: '0' };
      return answered.reply;
    });
    return { reply, under: sealedBy };
  }

  private async admitted(message: SignedMessage, nowMs: number) {
    try {
      return await this.admit(message, nowMs);
    } catch (error) {
      // What it says of itself is not proven to be its own.
      return this.failed(error, message.address, uuidv7());
    }
  }

  private async handle(
    handler: MessageHandler,
    data: Uint8Array,
    request: RpcRequest,
  ): Promise<RpcReply | SealedUnder> {
    try {
      const body = parseJson(data);
      const judged = request.session && (await (this.options.authorize ?? byTheGateway)(request, body));
      if (judged !== null && 'ok' in judged) return judged;
      const result: unknown = await handler(body, judged === null ? request : { ...request, permit: judged });
      return replyOf(isObservable(result) ? await lastValueFrom(result) : result);
    } catch (error) {
      if (error instanceof MalformedJson) return refused('request.malformed', error.message);
      if (error instanceof PermissionWithdrawn) return error.reply;
      return this.failed(error, request.address, request.requestId);
    }
  }

  private failed(error: unknown, { aggregate, verb }: RpcAddress, requestId: string): Refusal {
    const fault = faultOf(error);
    if (fault === null) this.options.log.error({ err: error, requestId, aggregate, verb }, 'a request failed');
    else if (CROWDED.has(fault.code)) this.turnedAway();
    else this.options.log.warn({ err: error, requestId, aggregate, verb }, 'a request met a fault');
    return { ok: false, error: fault ?? rpcError('internal', `something went wrong; it is logged as ${requestId}`) };
  }

  private drop(cause: DropCause): void {
    this.dropped[cause]();
    this.options.onEvent?.({ type: 'dropped', cause });
  }
}

type Refusal = Extract<RpcReply, { ok: false }>;

/** A reply, and under which session's key it is sealed; in clear where there is none. */
interface Served {
  readonly reply: RpcReply;
  readonly under: SealedBy | null;
}

const NO_SESSION = { ok: true, session: null, counter: null } as const;

const inClear = (reply: RpcReply): Served => ({ reply, under: null });

const byTheGateway = async ({ session, via }: RpcRequest) =>
  session === null || via !== undefined ? null : refused('access.denied', 'ask by way of the gateway');

function replyOf(result: unknown): RpcReply | SealedUnder {
  if (result instanceof SealedUnder) return result;
  if (typeof (result as RpcReply | undefined)?.ok === 'boolean') return result as RpcReply;
  throw new TypeError('a handler returned something that is not a reply');
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
