/** A flood over a real server: whom it keeps waiting, which is nobody but its own caller. */
import { describe, expect, it } from '@jest/globals';
import { LIMITS } from '@keytrail/contracts';
import { until } from './bus.fixture.js';
import { held, letGo, refusal, vaultOnBus } from './rpc.fixture.js';
import type { RpcCall } from './rpc-client.js';
import type { RpcServerEvent } from './rpc-server.js';

const { bus, startVault, gateway } = vaultOnBus();

const AT_WORK = LIMITS.commitItems;
const OF_EACH = 32;
const WAITING = LIMITS.queueLength - 2 * AT_WORK;

const enter = async (who: 0 | 1) => {
  const { ask, connection } = await gateway(() => bus().rpc(bus().callers[who]));
  expect(await ask('observe')).toEqual({ ok: true, value: 'observed' });
  const { principal } = connection;
  const hold = (count: number, rest: Partial<RpcCall> = {}, verb = 'hold') =>
    Array.from({ length: count }, () => ask(verb, {}, { deadlineMs: Date.now() + LIMITS.deadlineMaxMs, ...rest }));
  return { ask, hold, principal, held: () => held.filter((each) => each.principal === principal).length };
};
const billing = () => enter(0);
const chatbot = () => enter(1);

const codesOf = (events: readonly RpcServerEvent[], operation: string): readonly string[] =>
  events.flatMap((event) => (event.type === 'answered' && event.operation === operation ? event.code : []));
const release = async (principal: string, count: number): Promise<void> => {
  for (let n = 0; n < count; n++)
    held.splice(
      held.findIndex((each) => each.principal === principal),
      1,
    )[0]?.();
  await new Promise((resolve) => setImmediate(resolve));
};

describe('a flood of one caller', () => {
  it('over two connections, of more than there is room for, delays nobody else by a single request', async () => {
    const { events, server } = await startVault();
    const [flood, more, other] = [await chatbot(), await chatbot(), await billing()];
    const flooding = [...flood.hold(2_500), ...more.hold(2_500)];
    await until(() => codesOf(events, 'secret.hold').length + server.requestsInFlight === 5_000);
    expect(held).toHaveLength(AT_WORK);
    expect(server.requestsWaiting).toBe(WAITING);
    const before = codesOf(events, 'secret.hold');
    expect(before).toEqual(Array.from({ length: 5_000 - AT_WORK - WAITING }, () => 'service.overloaded'));
    for (let n = 0; n < 100; n++) expect(await other.ask('observe')).toEqual({ ok: true, value: 'observed' });
    expect(codesOf(events, 'secret.hold')).toEqual(before);
    await letGo();
    await Promise.all(flooding);
    expect([server.requestsInFlight, server.requestsWaiting]).toEqual([0, 0]);
  });

  it('gives way to whoever asks for much as well, until both have as much', async () => {
    const { server } = await startVault();
    const [flood, other] = [await chatbot(), await billing()];
    const flooding = flood.hold(2_000);
    const asked = other.hold(300);
    await until(() => server.requestsInFlight === 2_300);
    expect([flood.held(), other.held()]).toEqual([AT_WORK, OF_EACH]);
    // What the other has had beyond the room for all is made up for first.
    await release(flood.principal, OF_EACH);
    expect([flood.held(), other.held()]).toEqual([AT_WORK - OF_EACH, OF_EACH]);
    await release(flood.principal, 100);
    expect([flood.held(), other.held()]).toEqual([AT_WORK - OF_EACH - 100, OF_EACH + 100]);
    await release(flood.principal, 124);
    expect([flood.held(), other.held()]).toEqual([AT_WORK / 2, AT_WORK / 2]);
    await release(flood.principal, 100);
    await release(other.principal, 40);
    expect([flood.held(), other.held()]).toEqual([AT_WORK / 2, AT_WORK / 2]);
    await letGo();
    expect((await Promise.all([...flooding, ...asked])).every((reply) => reply.ok)).toBe(true);
  });

  it('makes room for whoever else has to wait, at its own cost', async () => {
    const { events, server } = await startVault();
    const [flood, other] = [await chatbot(), await billing()];
    const flooding = flood.hold(AT_WORK + WAITING);
    await until(() => server.requestsWaiting === WAITING);
    const asked = other.hold(OF_EACH + 500);
    await until(() => codesOf(events, 'secret.hold').length === 500);
    await letGo();
    expect((await Promise.all(asked)).every((reply) => reply.ok)).toBe(true);
    const turnedAway = (await Promise.all(flooding)).filter((reply) => !reply.ok);
    expect(turnedAway).toEqual(Array.from({ length: 500 }, () => refusal('service.overloaded', { retryable: true })));
  });

  it('of requests that are many in one is as large as they are', async () => {
    const manyInOne = new Map([['secret.hold', { itemBytes: 10, items: 100 }]]);
    const { server } = await startVault(undefined, { manyInOne });
    const [flood, other] = [await chatbot(), await billing()];
    const flooding = flood.hold(20, { body: 'x'.repeat(998) });
    await until(() => server.requestsInFlight === 20);
    expect(flood.held()).toBe(6);
    const asked = other.hold(2, { body: 'x'.repeat(998) });
    await until(() => server.requestsInFlight === 22);
    expect(other.held()).toBe(1);
    await letGo();
    expect((await Promise.all([...flooding, ...asked])).every((reply) => reply.ok)).toBe(true);
  });
});

describe('a request that waits for its turn', () => {
  it('is refused without work where its deadline passes meanwhile', async () => {
    const { events, server, log } = await startVault();
    const flood = await chatbot();
    const flooding = flood.hold(AT_WORK);
    await until(() => held.length === AT_WORK);
    const brief = flood.hold(10, { deadlineMs: Date.now() + 500 });
    await until(() => server.requestsWaiting === 10);
    const late = refusal('request.deadline_exceeded');
    expect(await Promise.all(brief)).toEqual(brief.map(() => late));
    await release(flood.principal, 1);
    expect(codesOf(events, 'secret.hold').toSorted()).toEqual(['ok', ...brief.map(() => 'request.deadline_exceeded')]);
    expect(held).toHaveLength(AT_WORK - 1);
    await letGo();
    expect((await Promise.all(flooding)).every((reply) => reply.ok)).toBe(true);
    await until(() => log.entries.length > 0);
    expect(log.entries).toEqual([
      { level: 'warn', fields: { count: 10 }, message: 'requests were turned away or came too late' },
    ]);
  });

  it('is served once there is room, and afterwards as if there had been no flood', async () => {
    await startVault();
    const flood = await chatbot();
    const flooding = flood.hold(AT_WORK + WAITING);
    await until(() => held.length === AT_WORK);
    expect(await flood.ask('observe')).toEqual(refusal('service.overloaded', { retryable: true }));
    await letGo();
    expect((await Promise.all(flooding)).every((reply) => reply.ok)).toBe(true);
    expect(await flood.ask('observe')).toEqual({ ok: true, value: 'observed' });
  });

  it('is answered before the service ends', async () => {
    const connection = await bus().rpc(bus().identities.vault.rpc);
    const { server } = await startVault(async () => connection);
    const flooding = (await chatbot()).hold(AT_WORK + 10);
    await until(() => server.requestsWaiting === 10);
    const closed = server.close().then(() => connection.close());
    await until(() => !server.isListening());
    await letGo();
    await closed;
    expect((await Promise.all(flooding)).every((reply) => reply.ok)).toBe(true);
  });
});
