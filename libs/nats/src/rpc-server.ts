/** Answers a service's requests: Nest finds the handler, everything around it is done here. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Code, RpcAddress, RpcReply } from '@keytrail/contracts';
import {
  LIMITS,
  MalformedJson,
  parseJson,
  parseRpcSubject,
  replyPrefix,
  rpcError,
  rpcSubscription,
} from '@keytrail/contracts';
import type { CustomTransportStrategy, MessageHandler } from '@nestjs/microservices';
import { Server } from '@nestjs/microservices';
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { SpanKind } from '@opentelemetry/api';
import { isObservable, lastValueFrom } from 'rxjs';
import { refused } from './answer.js';
import type { BusConnection } from './connect.js';
import { faultOf } from './fault.js';
import type { Log } from './log.js';
import type { RpcRequest } from './rpc-request.js';
import { readRequest } from './rpc-request.js';
import { MAX_PAYLOAD_BYTES } from './server-configuration.js';
import { inRpcSpan } from './span.js';
import { tally } from './tally.js';

const DRAIN_MS = 8_000;
const DRAIN_POLL_MS = 5;
const encoder = new TextEncoder();

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
  private inFlight = 0;
  private readonly dropped: Readonly<Record<DropCause, () => void>>;
  private readonly turnedAway: () => void;

  constructor(private readonly options: RpcServerOptions) {
    super();
    this.nc = options.connection.nc;
    const { log } = options;
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

  get requestsInFlight(): number {
    return this.inFlight;
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
    while (this.inFlight > 0 && !giveUp.aborted) await sleep(DRAIN_POLL_MS);
    if (this.inFlight > 0) this.options.log.error({ inFlight: this.inFlight }, 'requests are left unanswered');
    await Promise.race([this.nc.flush().catch(() => {}), aborted(giveUp)]);
  }

  unwrap(): never {
    throw new Error('the connection stays in this room');
  }

  on(event: string): never {
    throw new Error(`the RPC server has no event ${event}: use onEvent`);
  }

  private receive(message: Msg): void {
    const address = parseRpcSubject(message.subject);
    if (address === null) return this.drop('subject');
    const prefix = replyPrefix(address.principal, address.conn);
    const to = message.reply ?? '';
    if (!to.startsWith(prefix) || to.length === prefix.length) return this.drop('reply');
    const startedMs = performance.now();
    const operation = `${address.aggregate}.${address.verb}`;
    const handler = this.messageHandlers.get(operation);
    const finish = (reply: RpcReply): void => {
      const code = this.publish(to, reply);
      const durationMs = performance.now() - startedMs;
      this.options.onEvent?.({ type: 'answered', operation: handler ? operation : 'unknown', code, durationMs });
    };
    if (handler === undefined)
      return finish(
        refused('request.unknown_operation', 'this service has no such operation; look at aggregate and verb'),
      );
    if (this.inFlight >= LIMITS.queueLength)
      return finish(refused('service.overloaded', 'too many requests are in flight; try again later'));
    this.inFlight++;
    void this.serve(handler, address, message).then((reply) => {
      this.inFlight--;
      finish(reply);
    });
  }

  private async serve(handler: MessageHandler, address: RpcAddress, { data, headers }: Msg): Promise<RpcReply> {
    if (data.length > LIMITS.requestBytes)
      return refused('request.too_large', `a request has at most ${LIMITS.requestBytes} bytes`);
    const read = readRequest(address, headers, Date.now());
    if (!read.ok) return read;
    const { traceparent } = read.request;
    const operation = `${address.aggregate}.${address.verb}`;
    const of = { kind: SpanKind.SERVER, service: this.options.service, operation, traceparent } as const;
    return inRpcSpan(of, () => this.handle(handler, data, read.request));
  }

  private async handle(handler: MessageHandler, data: Uint8Array, request: RpcRequest): Promise<RpcReply> {
    try {
      const body = parseJson(data);
      const result: unknown = await handler(body, request);
      return replyOf(isObservable(result) ? await lastValueFrom(result) : result);
    } catch (error) {
      if (error instanceof MalformedJson) return refused('request.malformed', error.message);
      const fault = faultOf(error);
      const { requestId, address } = request;
      const { aggregate, verb } = address;
      if (fault === null) this.options.log.error({ err: error, requestId, aggregate, verb }, 'a request failed');
      else if (CROWDED.has(fault.code)) this.turnedAway();
      else this.options.log.warn({ err: error, requestId, aggregate, verb }, 'a request met a fault');
      return { ok: false, error: fault ?? rpcError('internal', `something went wrong; it is logged as ${requestId}`) };
    }
  }

  /** Sends a reply and returns its code. */
  private publish(to: string, reply: RpcReply): Code | 'ok' {
    const bytes = this.encode(reply);
    if (bytes.length > (this.nc.info?.max_payload ?? MAX_PAYLOAD_BYTES))
      return this.publish(to, refused('request.too_large', 'the answer would be too large; ask for less at once'));
    try {
      this.nc.publish(to, bytes);
    } catch (error) {
      this.options.log.warn({ err: error }, 'an answer could not be sent');
    }
    return reply.ok ? 'ok' : reply.error.code;
  }

  /** A reply that JSON cannot say is a mistake of a handler's; its caller is told something all the same. */
  private encode(reply: RpcReply): Uint8Array {
    try {
      return encoder.encode(JSON.stringify(reply));
    } catch (error) {
      this.options.log.error({ err: error }, 'an answer cannot be written as JSON');
      return encoder.encode(JSON.stringify(refused('internal', 'the answer could not be written')));
    }
  }

  private drop(cause: DropCause): void {
    this.dropped[cause]();
    this.options.onEvent?.({ type: 'dropped', cause });
  }
}

function replyOf(result: unknown): RpcReply {
  if (typeof (result as RpcReply | undefined)?.ok === 'boolean') return result as RpcReply;
  throw new TypeError('a handler returned something that is not a reply');
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
