/**
 * Requests over a real server: what is answered, what is refused, what is dropped, and what shutting down loses
 * (nothing).
 */
import { describe, expect, it } from '@jest/globals';
import { LIMITS } from '@keytrail/contracts';
import { mintConn } from '@keytrail/crypto';
import type { Msg, MsgHdrs } from '@nats-io/transport-node';
import { NestFactory } from '@nestjs/core';
import { remembering, until } from './bus.fixture.js';
import { refused } from './answer.js';
import { held, letGo, refusal, VaultModule, vaultOnBus } from './rpc.fixture.js';
import { PermissionWithdrawn } from './refusal.js';
import type { RpcRequest } from './rpc-request.js';
import type { RpcServerEvent } from './rpc-server.js';
import { RpcServer } from './rpc-server.js';

const { bus, door, startVault, gateway, spyOn, sendRaw } = vaultOnBus();

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
    const { onBehalfOf: actor, ...told } = said;
    expect(await ask('echo', { text: 'hello' }, said)).toMatchObject({
      ok: true,
      value: { text: 'hello', request: { ...told, address, actor, via: connection.principal, counter: 1 } },
    });
  });

  it('gets a request id and a deadline where it brings none, and keeps the deadline that is signed', async () => {
    await startVault();
    const before = Date.now();
    const request = async (header: Record<string, string>) =>
      ((await sendRaw('{"text":"a"}', header)) as { value: { request: RpcRequest } }).value.request;
    const plain = await request({ 'kt-request-id': 'not an id' });
    expect(plain.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(plain.deadlineMs - before).toBeLessThanOrEqual(LIMITS.deadlineDefaultMs + 2_000);
    const signedMs = Date.now() + LIMITS.deadlineMaxMs + 2_000;
    expect((await request({ 'kt-deadline': String(signedMs) })).deadlineMs).toBe(signedMs);
  });

  it('reaches its handler with what permits it, and is refused as whoever renews that says', async () => {
    const renewed = { decidedOn: [{ stream: 'author', revision: 8 }], validUntil: null, renew: async () => renewed };
    const withdrawn = async () => {
      throw new PermissionWithdrawn(refused('access.denied', 'withdrawn meanwhile'));
    };
    const permits = [renewed.renew, withdrawn].map((renew) => ({ ...renewed, decidedOn: [], renew }));
    const { log } = await startVault(undefined, { authorize: async () => permits.shift() ?? null });
    const { ask } = await gateway();
    expect(await ask('late')).toEqual({ ok: true, value: renewed.decidedOn });
    expect(await ask('late')).toEqual(refusal('access.denied', { message: 'withdrawn meanwhile' }));
    expect(await ask('late')).toEqual({ ok: true, value: null });
    expect(log.entries).toEqual([]);
  });

  it.each(['bad key: x', 'kt-\u00e4: x'])(
    'with headers that cannot be read is refused, and ends nothing: %j',
    async (line) => {
      const { log } = await startVault();
      const spy = await spyOn();
      const [principal, conn] = ['s'.repeat(26), 'c'.repeat(22)];
      const reply = `_R.${principal}.${conn}.ill_formed`;
      const answer = new Promise<Msg>((resolve) =>
        spy.subscribe(reply, { max: 1, callback: (_, came) => resolve(came) }),
      );
      const headers = { encode: () => Buffer.from(`NATS/1.0\r\n${line}\r\n\r\n`) } as unknown as MsgHdrs;
      spy.publish(`rpc.vault.${principal}.${conn}.acme.secret.echo`, '{}', { reply, headers });
      expect((await answer).json()).toMatchObject({ ok: false, error: { code: 'request.malformed' } });
      const { ask } = await gateway();
      expect(await ask('echo', { text: 'a' })).toMatchObject({ ok: true });
      expect(log.entries.filter(({ level }) => level === 'error')).toEqual([]);
    },
  );

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
  ])('with %s is refused by code', async (...[, payload, header, code]) => {
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
    const { principal } = bus().identities.gateway.rpc;
    const reply = target(bus().callers[0].principal, principal);
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

  it('whoever knows the sessions, is logged by the id that the caller is told', async () => {
    const find = async () => {
      throw new Error('the key is sk-123');
    };
    const { log } = await startVault(undefined, { sessions: { find } });
    const { ask } = await gateway();
    const reply = await ask('observe', {}, { requestId: 'r3' });
    expect(reply).toEqual(refusal('internal'));
    const { fields = {} } = log.entries.find(({ level }) => level === 'error') ?? {};
    const { requestId = '' } = fields as { readonly requestId?: string };
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(reply).toEqual(refusal('internal', { message: expect.stringContaining(requestId) }));
    expect(JSON.stringify(reply)).not.toContain('sk-123');
  });

  it('an answer that does not fit is refused', async () => {
    await startVault();
    const { ask } = await gateway();
    expect(await ask('flood')).toEqual(refusal('request.too_large'));
  });
});

describe('a service', () => {
  it('with two replicas answers each request once, by one of them', async () => {
    const replicas = [await startVault(), await startVault(() => bus().rpc(bus().identities.vault.rpc))];
    const { ask } = await gateway();
    const replies = await Promise.all(Array.from({ length: 200 }, () => ask('observe')));
    expect(replies.every((reply) => reply.ok)).toBe(true);
    const counts = replicas.map(({ events }) => events.length);
    expect(counts[0]! + counts[1]!).toBe(200);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });

  it('that shuts down answers what is in flight, and takes nothing new', async () => {
    const connection = await bus().rpc(bus().identities.vault.rpc);
    const { app } = await startVault(async () => connection);
    const { ask } = await gateway();
    const inFlight = Array.from({ length: 50 }, () => ask('hold'));
    await until(() => held.length === 50);
    // As when the process ends: once Nest has closed, no reply leaves any more.
    const closed = app.close().then(() => connection.close());
    await until(async () => {
      const reply = await ask('observe');
      return !reply.ok && reply.error.code === 'service.unavailable';
    });
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 300))]);
    await letGo();
    await closed;
    expect(await Promise.all(inFlight)).toEqual(inFlight.map(() => ({ ok: true, value: 'held' })));
  });

  it('that may not receive requests does not start', async () => {
    const connection = await bus().rpc(bus().identities.audit.rpc);
    const sessions = door().sessionsOf('vault');
    const strategy = new RpcServer({ service: 'vault', connection, sessions, log: remembering() });
    const app = await NestFactory.createMicroservice(VaultModule, { strategy, logger: false });
    await expect(app.listen()).rejects.toThrow(/permission/i);
  });

  it('answers again after nats-server was killed and started again', async () => {
    await startVault();
    const { ask, connection } = await gateway();
    expect(await ask('observe')).toEqual({ ok: true, value: 'observed' });
    await bus().kill();
    await until(() => !connection.isConnected());
    expect(await ask('observe')).toEqual(refusal('service.unavailable', { retryable: true }));
    await bus().restart();
    await until(async () => (await ask('observe')).ok);
  });
});
