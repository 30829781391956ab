/** A vault that answers on a real nats-server, and ways to ask it, for specs. */
import 'reflect-metadata';
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import type { RpcReply } from '@keytrail/contracts';
import { JournalUnavailable } from '@keytrail/eventsourcing';
import type { INestMicroservice } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import type { NatsConnection } from '@nats-io/transport-node';
import { headers } from '@nats-io/transport-node';
import { of } from 'rxjs';
import { requestMac, type RequestPlace } from '@keytrail/crypto';
import { RPC_HEADERS, rpcSubject, type RpcAddress } from '@keytrail/contracts';
import { z } from 'zod';
import { answer, ok } from './answer.js';
import type { Bus } from './bus.fixture.js';
import { remembering, startBus } from './bus.fixture.js';
import { openedReply, openSession, refusalInClear, type ClientSession } from './client-session.js';
import { drillDoor } from './drill-door.js';
import { nkeyCredential } from './nkey-credential.js';
import { type Exchange, rpcExchange } from './rpc-exchange.js';
import { sealingKeys } from './sealing-keys.js';
import type { RpcCall } from './rpc-client.js';
import { rpcClient } from './rpc-client.js';
import { RpcController } from './rpc-controller.js';
import type { RpcRequest } from './rpc-request.js';
import type { RpcServerEvent, RpcServerOptions } from './rpc-server.js';
import { RpcServer } from './rpc-server.js';

/** A request to `secret.hold` that is being served; called, it is answered. */
export type Held = (() => void) & { readonly principal: string };

/** They wait here. */
export const held: Held[] = [];

/** Answers all of them, and whoever has their turn then. */
export async function letGo(): Promise<void> {
  while (held.length > 0) {
    for (const release of held.splice(0)) release();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

@RpcController()
class SecretResponder {
  @MessagePattern('secret.echo')
  echo(@Payload() body: unknown, @Ctx() request: RpcRequest): Promise<RpcReply> {
    return answer(z.strictObject({ text: z.string().max(5) }), body, async ({ text }) => ok({ text, request }));
  }

  @MessagePattern('secret.observe')
  observe() {
    return of(ok('observed'));
  }

  @MessagePattern('secret.hold')
  async hold(@Ctx() { address: { principal } }: RpcRequest): Promise<RpcReply> {
    await new Promise<void>((resolve) => held.push(Object.assign(resolve, { principal })));
    return ok('held');
  }

  @MessagePattern('secret.fault')
  async fault(): Promise<RpcReply> {
    throw new JournalUnavailable('connection to 10.0.0.7 refused');
  }

  /** Does what it does on a permit that does not hold any more. */
  @MessagePattern('secret.late')
  async late(@Ctx() { permit }: RpcRequest): Promise<RpcReply> {
    return ok((await permit?.renew())?.decidedOn ?? null);
  }

  @MessagePattern('secret.bug')
  async bug(): Promise<RpcReply> {
    throw new Error('the key is sk-123');
  }

  @MessagePattern('secret.silence')
  async silence(): Promise<void> {}

  @MessagePattern('secret.flood')
  async flood(): Promise<RpcReply> {
    return ok('x'.repeat(2_000_000));
  }
}

@Module({ controllers: [SecretResponder] })
export class VaultModule {}

/** A refused reply. */
export const refusal = (code: string, more: object = {}) => ({
  ok: false,
  error: expect.objectContaining({ code, ...more }),
});

/** Starts the server before the specs of a file and ends everything with them. */
export function vaultOnBus() {
  let bus: Bus;
  beforeAll(async () => {
    bus = await startBus();
  });
  afterAll(() => bus.stop());

  const apps: INestMicroservice[] = [];
  const spies: NatsConnection[] = [];
  afterEach(async () => {
    await Promise.all(spies.splice(0).map((spy) => spy.close()));
    await letGo();
    await Promise.all(apps.splice(0).map((app) => app.close()));
  });

  /** Signing in takes longer than most tests. */
  const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
    let made: Promise<T> | undefined;
    return () => (made ??= make());
  };
  const door = drillDoor((principal) => ({
    roles: principal === bus.identities.gateway.rpc.principal ? [{ role: 'gateway', workspace: '_system' }] : [],
  }));
  const vaultConnection = once(() => bus.rpc(bus.identities.vault.rpc));
  const gatewayConnection = once(() => bus.rpc(bus.identities.gateway.rpc));

  /**
   * May publish and read everything; a subscription to everything would count as a responder, so it ends with the test.
   */
  async function spyOn(): Promise<NatsConnection> {
    const spy = await bus.raw(bus.root.rpc);
    spies.push(spy);
    return spy;
  }

  /** What may be asked is another room's: here everybody may ask everything, unless `rest` says otherwise. */
  async function startVault(
    open: typeof vaultConnection = vaultConnection,
    rest: Partial<Pick<RpcServerOptions, 'sessions' | 'authorize' | 'manyInOne'>> = {},
  ) {
    const events: RpcServerEvent[] = [];
    const log = remembering();
    const connection = await open();
    const { withoutSession } = door;
    const sessions = door.sessionsOf('vault');
    const onEvent = (event: RpcServerEvent) =>
      event.type === 'answered' && /^(?:key|session)\./.test(event.operation) ? undefined : events.push(event);
    const authorize = async () => null;
    const common = { service: 'vault', connection, withoutSession, log, onEvent };
    const strategy = new RpcServer({ ...common, sessions, authorize, ...rest });
    for (const [operation, handler] of Object.entries(door.handlers)) strategy.addHandler(operation, handler);
    const app = await NestFactory.createMicroservice(VaultModule, { strategy, logger: false });
    await app.listen();
    apps.push(app);
    return { app, events, log, server: strategy };
  }

  async function gateway(open: typeof gatewayConnection = gatewayConnection) {
    const connection = await open();
    const credential = nkeyCredential(bus.identities.gateway.rpc.seed);
    const client = rpcClient(connection, connection, { vaultKey: door.vaultKey, credential });
    const ask = (verb: string, body: unknown = {}, rest: Partial<RpcCall> = {}) =>
      client.request({ service: 'vault', workspace: 'acme', aggregate: 'secret', verb, body, ...rest });
    return { connection, ask };
  }

  /** A session, and the way to send in it whatever an attacker or a bad client may send. */
  async function session(open: typeof gatewayConnection = gatewayConnection) {
    const connection = await open();
    const sender = { principal: connection.principal, conn: connection.conn };
    const exchange = rpcExchange(connection, sender);
    const keys = sealingKeys(rpcClient(connection, sender), door.vaultKey);
    const credential = nkeyCredential(bus.identities.gateway.rpc.seed);
    const opened = await openSession({ exchange, sender, keys, credential });
    if (!opened.ok) throw new Error(opened.error.code);
    return { connection, sender, exchange, session: opened.value };
  }

  /** Sends bytes as a client without our habits would: signed, and otherwise as it likes. */
  async function sendRaw(payload: Uint8Array | string, header: Record<string, string> = {}, how: Tampering = {}) {
    const { sender, exchange, session: own } = await session();
    const address = { service: 'vault', workspace: 'acme', aggregate: 'secret', verb: how.verb ?? 'echo' };
    const subject = rpcSubject({ ...sender, ...address } as unknown as RpcAddress);
    return sendSigned({ exchange, session: own, subject, payload, header, ...how });
  }

  return { bus: () => bus, door: () => door, startVault, gateway, spyOn, sendRaw, session };
}

/** What is done to a signed request on its way. */
export interface Tampering {
  readonly verb?: string;
  readonly counter?: string;
  readonly mac?: (mac: string) => string;
  /** Headers that are set after the request was signed. */
  readonly added?: Readonly<Record<string, string>>;
  /** Sent in place of the payload that was signed. */
  readonly sent?: Uint8Array;
}

interface Signed extends Tampering {
  readonly exchange: Exchange;
  readonly session: ClientSession;
  readonly subject: string;
  readonly payload: Uint8Array | string;
  readonly header?: Record<string, string>;
}

/** Sends a request that bears the session's MAC over what is said here. */
export function sendSigned({ exchange, session, subject, payload, header = {}, ...how }: Signed): Promise<RpcReply> {
  const body = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
  const said = { 'kt-deadline': String(Date.now() + 2_000), ...header };
  const named = (name: keyof typeof RPC_HEADERS): string => (said as Record<string, string>)[RPC_HEADERS[name]] ?? '';
  const counter = how.counter ?? session.next();
  const place = (reply: string): RequestPlace => ({
    session: session.sessionId,
    counter,
    subject,
    reply,
    requestId: named('requestId'),
    deadline: named('deadline'),
    commandId: named('commandId'),
    onBehalfOf: named('onBehalfOf'),
    edge: named('edge'),
    traceparent: named('traceparent'),
  });
  const keys = session.keysOf('vault');
  return exchange({
    subject,
    deadlineMs: Date.now() + 2_000,
    write: (reply) => {
      const all = headers();
      for (const [name, text] of Object.entries(said)) all.set(name, text);
      const mac = requestMac(keys.request, place(reply), body);
      all.set(RPC_HEADERS.session, session.sessionId);
      all.set(RPC_HEADERS.counter, counter);
      all.set(RPC_HEADERS.mac, how.mac?.(mac) ?? mac);
      for (const [name, text] of Object.entries(how.added ?? {})) all.set(name, text);
      return { payload: how.sent ?? body, headers: all };
    },
    take: (message, reply) =>
      message.headers?.has(RPC_HEADERS.session)
        ? openedReply(message, { key: keys.reply, place: place(reply) })
        : refusalInClear(message),
  });
}
