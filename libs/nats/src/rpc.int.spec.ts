/** Requests over a real server: what is answered, what is refused, what is dropped, and what shutting down loses (nothing). */
import 'reflect-metadata';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { RpcReply } from '@keytrail/contracts';
import { LIMITS } from '@keytrail/contracts';
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
import { remembering, startBus, until } from './bus.fixture.js';
import type { RpcCall } from './rpc-client.js';
import { rpcClient } from './rpc-client.js';
import { RpcController } from './rpc-controller.js';
import type { RpcRequest } from './rpc-request.js';
import type { RpcServerEvent } from './rpc-server.js';
import { RpcServer } from './rpc-server.js';

/** Requests to `secret.hold` wait here. */
let held: (() => void)[] = [];

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
class VaultModule {}

let bus: Bus;
beforeAll(async () => {
  bus = await startBus();
});
afterAll(() => bus.stop());

const apps: INestMicroservice[] = [];
const spies: NatsConnection[] = [];
afterEach(async () => {
  await Promise.all(spies.splice(0).map((spy) => spy.close()));
  for (const resolve of held) resolve();
  held = [];
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

/** May publish and read everything; a subscription to everything would count as a responder, so it ends with the test. */
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

const refusal = (code: string, more: object = {}) => ({ ok: false, error: expect.objectContaining({ code, ...more }) });

/** Sends bytes as a client without our habits would. */
async function sendRaw(payload: Uint8Array | string, header: Record<string, string> = {}) {
  const nc = await rawConnection();
  const all = headers();
  for (const [name, value] of Object.entries(header)) all.set(name, value);
  const subject = `rpc.vault.${bus.identities.gateway.rpc.principal}.${rawConn}.acme.secret.echo`;
  const message = await nc.request(subject, payload, { timeout: 2_000, headers: all });
  return message.json<{ value: { request: RpcRequest } }>();
}

describe('a request', () => {
  it('reaches its handler with everything that the caller said', async () => {
    await startVault();
    const { ask, connection } = await gateway();
    const deadlineMs = Date.now() + 5_000;
    const said = {
      requestId: 'request_1',
      deadlineMs,
      commandId: 'command-1',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      onBehalfOf: 'a'.repeat(26),
      edge: { ip: '203.0.113.9', userAgent: 'curl/8 (é)' },
    };
    const address = {
      service: 'vault',
      principal: connection.principal,
      conn: connection.conn,
      workspace: 'acme',
      aggregate: 'secret',
      verb: 'echo',
    };
    expect(await ask('echo', { text: 'hello' }, said)).toEqual({
      ok: true,
      value: { text: 'hello', request: { ...said, address } },
    });
  });

  it('gets a request id and the default deadline where it brings none, and no more than the longest', async () => {
    await startVault();
    const before = Date.now();
    const plain = await sendRaw('{"text":"a"}', { 'kt-request-id': 'not an id' });
    expect(plain.value.request.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(plain.value.request.deadlineMs - before).toBeLessThanOrEqual(LIMITS.deadlineDefaultMs + 2_000);
    const late = await sendRaw('{"text":"a"}', { 'kt-deadline': String(before + 86_400_000) });
    expect(late.value.request.deadlineMs).toBeLessThan(before + 43_200_000);
  });

  it('is answered whether its handler returns a promise or an Observable', async () => {
    await startVault();
    const { ask } = await gateway();
    expect(await ask('observe')).toEqual({ ok: true, value: 'observed' });
  });
});

describe('a bad request', () => {
  it.each([
    ['broken JSON', '{"text":', {}, 'request.malformed'],
    ['no body', '', {}, 'request.malformed'],
    ['a duplicate key', '{"text":"a","text":"b"}', {}, 'request.malformed'],
    ['a lone surrogate', String.raw`{"text":"\ud800"}`, {}, 'request.malformed'],
    ['ill-formed UTF-8', Uint8Array.of(0x22, 0xff, 0x22), {}, 'request.malformed'],
    ['an unknown key', '{"text":"a","__proto__":{}}', {}, 'request.malformed'],
    ['a wrong type', '{"text":7}', {}, 'request.malformed'],
    ['too many bytes', ' '.repeat(LIMITS.requestBytes + 1), {}, 'request.too_large'],
    ['a deadline that is no number', '{"text":"a"}', { 'kt-deadline': 'soon' }, 'request.malformed'],
    ['a deadline that has passed', '{"text":"a"}', { 'kt-deadline': '1' }, 'request.deadline_exceeded'],
    ['an ill-formed command id', '{"text":"a"}', { 'kt-command-id': 'a b' }, 'request.malformed'],
    ['an ill-formed traceparent', '{"text":"a"}', { traceparent: '00-x' }, 'request.malformed'],
    ['an ill-formed principal to speak for', '{"text":"a"}', { 'kt-on-behalf-of': '*' }, 'request.malformed'],
    ['an edge that is no JSON', '{"text":"a"}', { 'kt-edge': 'e30x' }, 'request.malformed'],
    ['an edge with an unknown key', '{"text":"a"}', { 'kt-edge': 'eyJhIjoxfQ' }, 'request.malformed'],
  ])('with %s is refused by code', async (_what, payload, header, code) => {
    await startVault();
    expect(await sendRaw(payload, header)).toEqual(refusal(code));
  });

  it('is told what is wrong, and where', async () => {
    await startVault();
    const { ask } = await gateway();
    expect(await ask('echo', { text: 'too long' })).toEqual(
      refusal('request.malformed', { details: { issues: [{ path: 'text', message: expect.any(String) }] } }),
    );
  });

  it('for an operation that nobody knows is refused', async () => {
    const { events } = await startVault();
    const { ask } = await gateway();
    expect(await ask('frobnicate')).toEqual(refusal('request.unknown_operation', { retryable: false }));
    expect(events).toEqual([expect.objectContaining({ operation: 'unknown', code: 'request.unknown_operation' })]);
  });
});

describe('a request that nobody may answer', () => {
  const dropped = (events: readonly RpcServerEvent[]) => events.filter(({ type }) => type === 'dropped').length;

  it.each([
    ["another caller's prefix", (other: string) => `_R.${other}.${mintConn()}.x`],
    ['another connection of its own principal', (_: string, own: string) => `_R.${own}.${mintConn()}.x`],
    ['an event stream', () => 'evt.vault.acme.secret.SecretCreated'],
    ['the default inbox', () => '_INBOX.abc'],
    ['nowhere', () => undefined],
  ])('because its reply subject is %s is dropped, and counted', async (_what, target) => {
    const { events } = await startVault();
    const spy = await spyOn();
    const answers: string[] = [];
    spy.subscribe('>', {
      callback: (_error, { subject }) => void (subject.startsWith('rpc.') || answers.push(subject)),
    });
    await spy.flush();
    const { principal } = bus.identities.gateway.rpc;
    const reply = target(bus.identities.callers[0].principal, principal);
    const subject = `rpc.vault.${principal}.${mintConn()}.acme.secret.echo`;
    spy.publish(subject, '{"text":"a"}', reply === undefined ? {} : { reply });
    await until(() => dropped(events) === 1);
    const { ask } = await gateway();
    expect(await ask('observe')).toEqual({ ok: true, value: 'observed' });
    await spy.flush();
    expect(answers).not.toContain(reply);
    expect(events[0]).toEqual({ type: 'dropped', cause: 'reply' });
  });

  it.each([
    ['a literal * for a principal', '*', 'acme'],
    ['a principal of another form', 'root', 'acme'],
    ['a literal * for a workspace', 'a'.repeat(26), '*'],
  ])('because it has %s is dropped, and counted', async (_what, principal, workspace) => {
    const { events } = await startVault();
    const spy = await spyOn();
    const conn = mintConn();
    spy.publish(`rpc.vault.${principal}.${conn}.${workspace}.secret.echo`, '{"text":"a"}', {
      reply: `_R.${principal}.${conn}.x`,
    });
    await until(() => dropped(events) === 1);
    expect(events).toEqual([{ type: 'dropped', cause: 'subject' }]);
  });
});

describe('a handler that throws', () => {
  it('a known fault is answered by its code, without its text', async () => {
    const { log } = await startVault();
    const { ask } = await gateway();
    const reply = await ask('fault', {}, { requestId: 'r1' });
    expect(reply).toEqual(refusal('journal.unavailable', { retryable: true }));
    expect(JSON.stringify(reply)).not.toContain('10.0.0.7');
    expect(log.entries).toContainEqual(
      expect.objectContaining({ fields: expect.objectContaining({ requestId: 'r1' }) }),
    );
  });

  it.each(['bug', 'silence'])('something else (%s) is logged by request id and answered internal', async (verb) => {
    const { log } = await startVault();
    const { ask } = await gateway();
    const reply = await ask(verb, {}, { requestId: 'r2' });
    expect(reply).toEqual(refusal('internal', { retryable: false }));
    expect(JSON.stringify(reply)).not.toContain('sk-123');
    expect(log.entries).toContainEqual(
      expect.objectContaining({ level: 'error', fields: expect.objectContaining({ requestId: 'r2' }) }),
    );
  });

  it('an answer that does not fit is refused', async () => {
    await startVault();
    const { ask } = await gateway();
    expect(await ask('flood')).toEqual(refusal('request.too_large'));
  });
});

describe('a service', () => {
  it('with two replicas answers each request once, by one of them', async () => {
    const replicas = [await startVault(), await startVault(() => bus.rpc(bus.identities.vault.rpc))];
    const { ask } = await gateway();
    const replies = await Promise.all(Array.from({ length: 200 }, () => ask('observe')));
    expect(replies.every((reply) => reply.ok)).toBe(true);
    const counts = replicas.map(({ events }) => events.length);
    expect(counts[0]! + counts[1]!).toBe(200);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });

  it('that shuts down answers what is in flight, and takes nothing new', async () => {
    const { app } = await startVault();
    const { ask } = await gateway();
    const inFlight = Array.from({ length: 50 }, () => ask('hold'));
    await until(() => held.length === 50);
    const closed = app.close();
    await until(async () => {
      const reply = await ask('observe');
      return !reply.ok && reply.error.code === 'service.unavailable';
    });
    for (const resolve of held) resolve();
    await closed;
    expect(await Promise.all(inFlight)).toEqual(inFlight.map(() => ({ ok: true, value: 'held' })));
  });

  it('that may not receive requests does not start', async () => {
    const connection = await bus.rpc(bus.identities.audit.rpc);
    const strategy = new RpcServer({ service: 'vault', connection, log: remembering() });
    const app = await NestFactory.createMicroservice(VaultModule, { strategy, logger: false });
    await expect(app.listen()).rejects.toThrow(/permission/i);
  });

  it('answers again after nats-server was killed and started again', async () => {
    await startVault();
    const { ask, connection } = await gateway();
    expect(await ask('observe')).toEqual({ ok: true, value: 'observed' });
    await bus.kill();
    await until(() => !connection.isConnected());
    expect(await ask('observe')).toEqual(refusal('service.unavailable', { retryable: true }));
    await bus.restart();
    await until(async () => (await ask('observe')).ok);
  });

  it('with a full queue refuses at once, and serves again once there is room', async () => {
    await startVault();
    const { ask } = await gateway();
    const deadlineMs = Date.now() + LIMITS.deadlineMaxMs;
    const waiting = Array.from({ length: LIMITS.queueLength }, () => ask('hold', {}, { deadlineMs }));
    await until(() => held.length === LIMITS.queueLength);
    expect(await ask('observe')).toEqual(refusal('service.overloaded', { retryable: true }));
    for (const resolve of held) resolve();
    await Promise.all(waiting);
    expect(await ask('observe')).toEqual({ ok: true, value: 'observed' });
  });
});

describe('a caller', () => {
  it('that nobody answers learns service.unavailable', async () => {
    const { ask } = await gateway();
    expect(await ask('echo')).toEqual(refusal('service.unavailable', { retryable: true }));
  });

  it('whose deadline passes learns request.deadline_exceeded', async () => {
    await startVault();
    const { ask } = await gateway();
    const past = { deadlineMs: Date.now() - 1 };
    expect(await ask('observe', {}, past)).toEqual(refusal('request.deadline_exceeded'));
    const soon = { deadlineMs: Date.now() + 100 };
    expect(await ask('hold', {}, soon)).toEqual(refusal('request.deadline_exceeded', { retryable: true }));
  });

  it('that asks too much, or what NATS forbids, or what is no address, is told so', async () => {
    await startVault();
    const { ask } = await gateway();
    expect(await ask('echo', { text: 'x'.repeat(LIMITS.requestBytes) })).toEqual(refusal('request.too_large'));
    expect(await ask('decrypt')).toEqual(refusal('access.denied'));
    expect(await ask('echo', {}, { workspace: 'a.b' })).toEqual(refusal('request.malformed'));
    expect(await ask('echo', {}, { workspace: '*' })).toEqual(refusal('request.malformed'));
  });

  it('that gets something else than a reply learns internal', async () => {
    const nc = await spyOn();
    nc.subscribe('rpc.vault.>', { callback: (_error, message) => void message.respond('{"ok":"perhaps"}') });
    await nc.flush();
    const { ask } = await gateway();
    expect(await ask('observe')).toEqual(refusal('internal'));
  });

  it('without a connection learns service.unavailable', async () => {
    const { ask, connection } = await gateway(() => bus.rpc(bus.identities.gateway.rpc));
    await connection.close();
    expect(await ask('observe')).toEqual(refusal('service.unavailable'));
  });
});
