/** A vault that answers on a real nats-server, and ways to ask it, for specs. */
import 'reflect-metadata';
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import type { RpcReply } from '@keytrail/contracts';
import { mintConn } from '@keytrail/crypto';
import { JournalUnavailable } from '@keytrail/eventsourcing';
import type { INestMicroservice } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import type { NatsConnection } from '@nats-io/transport-node';
import { headers } from '@nats-io/transport-node';
import { of } from 'rxjs';
import { z } from 'zod';
import { answer, ok } from './answer.js';
import type { Bus } from './bus.fixture.js';
import { remembering, startBus } from './bus.fixture.js';
import type { RpcCall } from './rpc-client.js';
import { rpcClient } from './rpc-client.js';
import { RpcController } from './rpc-controller.js';
import type { RpcRequest } from './rpc-request.js';
import type { RpcServerEvent } from './rpc-server.js';
import { RpcServer } from './rpc-server.js';

/** Requests to `secret.hold` wait here. */
export const held: (() => void)[] = [];

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
  async hold(): Promise<RpcReply> {
    await new Promise<void>((resolve) => held.push(resolve));
    return ok('held');
  }

  @MessagePattern('secret.fault')
  async fault(): Promise<RpcReply> {
    throw new JournalUnavailable('connection to 10.0.0.7 refused');
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
    for (const resolve of held.splice(0)) resolve();
    await Promise.all(apps.splice(0).map((app) => app.close()));
  });

  /** Signing in takes longer than most tests. */
  const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
    let made: Promise<T> | undefined;
    return () => (made ??= make());
  };
  const vaultConnection = once(() => bus.rpc(bus.identities.vault.rpc));
  const gatewayConnection = once(() => bus.rpc(bus.identities.gateway.rpc));
  const rawConn = mintConn();
  const rawConnection = once(() => {
    const { rpc } = bus.identities.gateway;
    return bus.raw(rpc, `_R.${rpc.principal}.${rawConn}`);
  });

  /**
   * May publish and read everything; a subscription to everything would count as a responder, so it ends with the test.
   */
  async function spyOn(): Promise<NatsConnection> {
    const spy = await bus.raw(bus.root.rpc);
    spies.push(spy);
    return spy;
  }

  async function startVault(open: typeof vaultConnection = vaultConnection) {
    const events: RpcServerEvent[] = [];
    const log = remembering();
    const connection = await open();
    const strategy = new RpcServer({ service: 'vault', connection, log, onEvent: (event) => events.push(event) });
    const app = await NestFactory.createMicroservice(VaultModule, { strategy, logger: false });
    await app.listen();
    apps.push(app);
    return { app, events, log };
  }

  async function gateway(open: typeof gatewayConnection = gatewayConnection) {
    const connection = await open();
    const client = rpcClient(connection, connection);
    const ask = (verb: string, body: unknown = {}, rest: Partial<RpcCall> = {}) =>
      client.request({ service: 'vault', workspace: 'acme', aggregate: 'secret', verb, body, ...rest });
    return { connection, ask };
  }

  /** Sends bytes as a client without our habits would. */
  async function sendRaw(payload: Uint8Array | string, header: Record<string, string> = {}) {
    const nc = await rawConnection();
    const all = headers();
    for (const [name, value] of Object.entries(header)) all.set(name, value);
    const subject = `rpc.vault.${bus.identities.gateway.rpc.principal}.${rawConn}.acme.secret.echo`;
    const message = await nc.request(subject, payload, { timeout: 2_000, headers: all });
    return message.json<{ value: { request: RpcRequest } }>();
  }

  return { bus: () => bus, startVault, gateway, spyOn, sendRaw };
}
