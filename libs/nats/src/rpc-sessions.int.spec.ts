/**
 * Requests in sessions, on a real server where a spy may read and write everything: what it can do with that is
 * nothing.
 */
import { describe, expect, it } from '@jest/globals';
import { LIMITS, RPC_HEADERS, rpcSubject, type RpcAddress } from '@keytrail/contracts';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { headers } from '@nats-io/transport-node';
import { refused } from './answer.js';
import { until } from './bus.fixture.js';
import { drillDoor } from './drill-door.js';
import { nkeyCredential } from './nkey-credential.js';
import { refusal, sendSigned, vaultOnBus } from './rpc.fixture.js';
import { rpcClient } from './rpc-client.js';

const { bus, door, startVault, gateway, spyOn, sendRaw, session } = vaultOnBus();

const echo = '{"text":"a"}';
const invalid = refusal('auth.session_invalid');

const subjectOf = (sender: object, verb = 'echo') =>
  rpcSubject({ ...sender, service: 'vault', workspace: 'acme', aggregate: 'secret', verb } as unknown as RpcAddress);

/** Sends a message again, as it is. */
const again = (spy: NatsConnection, { subject, data, headers: all, reply }: Msg) =>
  spy.publish(subject, data, { ...(all && { headers: all }), ...(reply !== undefined && { reply }) });

describe('a request', () => {
  it.each([
    ['another MAC', {}, { mac: (mac: string) => (mac.startsWith('A') ? 'B' : 'A') + mac.slice(1) }],
    ['a shorter MAC', {}, { mac: (mac: string) => mac.slice(0, -1) }],
    ['no MAC', {}, { mac: () => '' }],
    ['another body', {}, { sent: Buffer.from('{"text":"b"}') }],
    ['a body that is cut short', {}, { sent: Buffer.from('{"text":') }],
    ['somebody else to speak for, added on the way', {}, { added: { 'kt-on-behalf-of': 'a'.repeat(26) } }],
    ['another command id', { 'kt-command-id': 'a' }, { added: { 'kt-command-id': 'b' } }],
    ['a later deadline', {}, { added: { 'kt-deadline': String(Date.now() + 9_000) } }],
    ['no counter', {}, { counter: '' }],
    ['the counter of the set-up', {}, { counter: '0' }],
    ['a counter that is no number', {}, { counter: '1e3' }],
    ['a counter past the last', {}, { counter: String(LIMITS.sessionMessages + 1) }],
    ['a deadline that lets it be kept', { 'kt-deadline': String(Date.now() + 86_400_000) }, {}],
  ])('with %s is not served', async (_what, header, how) => {
    await startVault();
    expect(await sendRaw(echo, header, how)).toEqual(invalid);
  });

  it('without a session is not served', async () => {
    await startVault();
    const { connection } = await gateway();
    expect(
      await rpcClient(connection, connection).request({
        service: 'vault',
        workspace: 'acme',
        aggregate: 'secret',
        verb: 'echo',
        body: {},
      }),
    ).toEqual(invalid);
  });

  it('is served once, in any order', async () => {
    await startVault();
    const { sender, exchange, session: own } = await session();
    const send = (counter: string) =>
      sendSigned({ exchange, session: own, subject: subjectOf(sender), payload: echo, counter });
    for (const counter of ['3', '1', '2']) expect(await send(counter)).toMatchObject({ ok: true });
    for (const counter of ['1', '2', '3']) expect(await send(counter)).toEqual(invalid);
  });

  it.each(['recorded and sent again', 'sent again under another reply subject'])('%s is not served', async (how) => {
    const { events } = await startVault();
    const spy = await spyOn();
    const seen: Msg[] = [];
    spy.subscribe('rpc.vault.*.*.acme.>', { callback: (_error, message) => void seen.push(message) });
    await spy.flush();
    const { ask } = await gateway();
    expect(await ask('echo', { text: 'a' })).toMatchObject({ ok: true });
    const [original] = seen as [Msg];
    const reply = how.startsWith('recorded') ? original.reply : `${original.reply}x`;
    again(spy, {
      ...original,
      subject: original.subject,
      data: original.data,
      headers: original.headers,
      reply,
    } as Msg);
    await until(() => events.length === 2);
    expect(events[1]).toMatchObject({ code: 'auth.session_invalid' });
  });

  it("bearing somebody else's session id is not served, whoever has signed it", async () => {
    await startVault();
    const [own, other] = [await session(), await session(() => bus().rpc(bus().identities.gateway.rpc))];
    const subject = subjectOf(own.sender);
    const { exchange } = own;
    // The keys are the attacker's own, the id is the victim's; then all is the victim's, on the attacker's connection.
    const mixed = { ...own.session, sessionId: other.session.sessionId };
    expect(await sendSigned({ exchange, session: mixed, subject, payload: echo })).toEqual(invalid);
    expect(await sendSigned({ exchange, session: other.session, subject, payload: echo })).toEqual(invalid);
  });

  it("in the name of somebody else is the gateway's alone", async () => {
    await startVault();
    const connection = await bus().rpc(bus().root.rpc);
    const identity = { vaultKey: door().vaultKey, credential: nkeyCredential(bus().root.rpc.seed) };
    const client = rpcClient(connection, connection, identity);
    const call = { service: 'vault', workspace: 'acme', aggregate: 'secret', verb: 'echo', body: { text: 'a' } };
    expect(await client.request({ ...call, onBehalfOf: 'a'.repeat(26) })).toEqual(refusal('access.denied'));
    const own = await client.request({ ...call, edge: { ip: '203.0.113.9' } });
    expect(own).toMatchObject({ ok: true, value: { request: { actor: connection.principal } } });
    expect(JSON.stringify(own)).not.toContain('203.0.113.9');
  });
});

describe('a reply', () => {
  /** Answers every request before the vault does. */
  async function forging(forge: (message: Msg, spy: NatsConnection) => void) {
    const spy = await spyOn();
    spy.subscribe('rpc.vault.*.*.acme.>', { callback: (_error, message) => forge(message, spy) });
    await spy.flush();
  }

  it.each([
    ['an answer in clear', (message: Msg) => message.respond('{"ok":true,"value":"forged"}')],
    [
      'a refusal that only the vault can know',
      (message: Msg) =>
        message.respond('{"ok":false,"error":{"code":"secret.unavailable","message":"x","retryable":false}}'),
    ],
    [
      'bytes that claim to be sealed',
      (message: Msg) => {
        const all = headers();
        all.set(RPC_HEADERS.session, message.headers?.get(RPC_HEADERS.session) ?? '');
        message.respond(Buffer.alloc(64), { headers: all });
      },
    ],
    ['nothing at all', (message: Msg) => message.respond('')],
  ])('that is %s is not believed, and the right one is', async (_what, forge) => {
    await startVault();
    await forging(forge);
    const { ask } = await gateway();
    expect(await ask('observe')).toEqual({ ok: true, value: 'observed' });
  });

  it('of another request is not believed', async () => {
    await startVault();
    const replies: Msg[] = [];
    const spy = await spyOn();
    spy.subscribe('_R.>', { callback: (_error, message) => void replies.push(message) });
    const { ask } = await gateway();
    expect(await ask('echo', { text: 'a' })).toMatchObject({ ok: true });
    await until(() => replies.length > 0);
    const earlier = replies.at(-1) as Msg;
    spy.subscribe('rpc.vault.*.*.acme.>', {
      callback: (_error, { reply = '' }) =>
        spy.publish(reply, earlier.data, { ...(earlier.headers && { headers: earlier.headers }) }),
    });
    await spy.flush();
    expect(await ask('observe')).toEqual({ ok: true, value: 'observed' });
  });

  it('tells a listener nothing', async () => {
    await startVault();
    const spy = await spyOn();
    const heard: string[] = [];
    spy.subscribe('_R.>', { callback: (_error, { data }) => void heard.push(Buffer.from(data).toString('latin1')) });
    await spy.flush();
    const { ask } = await gateway();
    // What opens a session is for everybody to read.
    await ask('observe');
    await spy.flush();
    heard.splice(0);
    expect(await ask('echo', { text: 'psst!' })).toMatchObject({ value: { text: 'psst!' } });
    await spy.flush();
    expect(heard).toHaveLength(1);
    expect(heard.join()).not.toMatch(/psst|"ok"|request/);
  });
});

describe('a session', () => {
  it('that the service does not know any more is opened anew, and the request is sent again under one id', async () => {
    await startVault();
    const { ask } = await gateway();
    expect(await ask('echo', { text: 'a' })).toMatchObject({ ok: true });
    door().forget();
    const reply = await ask('echo', { text: 'b' });
    expect(reply).toMatchObject({ ok: true, value: { text: 'b', request: { counter: 1 } } });
  });

  it('whose credential was withdrawn is left for one with the credential as it is by then, and tried once', async () => {
    const withdrawn = new Set<string>();
    let tried = 0;
    await startVault(undefined, {
      authorize: async ({ session: asking }) => {
        tried++;
        return withdrawn.has(asking?.sessionId as string) ? refused('auth.invalid', 'withdrawn') : null;
      },
    });
    const { ask } = await gateway(() => bus().rpc(bus().identities.gateway.rpc));
    const first = (await ask('echo', { text: 'a' })) as { value: { request: { session: { sessionId: string } } } };
    withdrawn.add(first.value.request.session.sessionId);
    expect(await ask('echo', { text: 'b' })).toMatchObject({ ok: true, value: { text: 'b', request: { counter: 1 } } });
    tried = 0;
    withdrawn.has = () => true;
    expect(await ask('echo', { text: 'c' })).toEqual(refusal('auth.invalid'));
    expect(tried).toBe(2);
  });

  it('is not opened with whoever cannot show the vault key', async () => {
    await startVault();
    const { connection } = await gateway();
    const impostor = drillDoor(() => ({ roles: [] }));
    const credential = nkeyCredential(bus().identities.gateway.rpc.seed);
    const client = rpcClient(connection, connection, { vaultKey: impostor.vaultKey, credential });
    const call = { service: 'vault', workspace: 'acme', aggregate: 'secret', verb: 'observe', body: {} };
    expect(await client.request(call)).toEqual(refusal('key.unknown'));
  });

  it('is opened once for all requests that wait for it', async () => {
    await startVault();
    const { ask } = await gateway(() => bus().rpc(bus().identities.gateway.rpc));
    const replies = await Promise.all(Array.from({ length: 50 }, () => ask('echo', { text: 'a' })));
    const counters = replies.map(
      (reply) => (reply as { value: { request: { counter: number } } }).value.request.counter,
    );
    expect(new Set(counters).size).toBe(50);
  });
});
