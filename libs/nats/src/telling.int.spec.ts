/** What connections, servers, relays and readers say of themselves, for health checks and metrics, is true. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mintConn } from '@keytrail/crypto';
import { tcpProxy } from '@keytrail/testing';
import type { JetStreamManager } from '@nats-io/jetstream';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { headers } from '@nats-io/transport-node';
import type { Bus } from './bus.fixture.js';
import { silent, startBus, until } from './bus.fixture.js';
import type { ConsumeOptions } from './consume-options.js';
import { connectRpc } from './connect.js';
import { consume } from './consumer.js';
import { RpcServer } from './rpc-server.js';

let bus: Bus;
let nc: NatsConnection;
let root: JetStreamManager;
beforeAll(async () => {
  bus = await startBus();
  nc = await bus.raw(bus.root.events);
  root = await jetstreamManager(nc);
});
afterAll(() => bus.stop());

const ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end();
  await root.streams.delete('VAULT').catch(() => {});
});

const isPending = (work: Promise<unknown>): Promise<boolean> =>
  Promise.race([
    work.then(
      () => false,
      () => false,
    ),
    new Promise<boolean>((resolve) => setTimeout(resolve, 300, true)),
  ]);

describe('a connection', () => {
  it('whose server has fallen silent counts as connected, but a round trip does not come back', async () => {
    const road = await tcpProxy(Number(new URL(bus.url).port));
    ending.push(() => road.close());
    const { rpc } = bus.identities.vault;
    const connection = await connectRpc({ ...rpc, url: `nats://127.0.0.1:${road.port}`, conn: mintConn() });
    ending.push(() => connection.nc.close());
    await connection.roundTrip();
    road.stall();
    const trip = connection.roundTrip();
    expect(connection.isConnected()).toBe(true);
    expect(await isPending(trip)).toBe(true);
    road.resume();
    await trip;
  });

  it('that is lost makes no round trip', async () => {
    const connection = await bus.rpc(bus.identities.vault.rpc);
    await connection.close();
    await expect(connection.roundTrip()).rejects.toThrow();
  });
});

describe('an RPC server', () => {
  const listening = async (server: RpcServer) => new Promise<unknown>((resolve) => server.listen(resolve));

  it('listens from when the server has taken its subscription until it closes', async () => {
    const connection = await bus.rpc(bus.identities.vault.rpc);
    const server = new RpcServer({ service: 'vault', connection, sessions: { find: async () => null }, log: silent });
    expect(server.isListening()).toBe(false);
    expect(await listening(server)).toBeUndefined();
    expect(server.isListening()).toBe(true);
    await server.close();
    expect(server.isListening()).toBe(false);
  });

  it('that may not subscribe does not listen, however well it is connected', async () => {
    const connection = await bus.rpc(bus.callers[0]!);
    const server = new RpcServer({ service: 'vault', connection, sessions: { find: async () => null }, log: silent });
    expect(await listening(server)).toBeInstanceOf(Error);
    expect([server.isListening(), connection.isConnected()]).toEqual([false, true]);
  });
});

describe('a reader', () => {
  async function publish(from: number, to: number): Promise<void> {
    for (let ordinal = from; ordinal <= to; ordinal++) {
      const all = headers();
      all.set('kt-ordinal', String(ordinal));
      await jetstream(nc).publish('evt.vault.acme.secret.SecretCreated', `{"n":${ordinal}}`, { headers: all });
    }
  }

  async function start(options: Pick<ConsumeOptions, 'handle'> & Partial<ConsumeOptions>) {
    const connection = await bus.events(bus.identities.audit.events);
    const log = silent;
    const started = consume({
      connection,
      reader: 'audit',
      service: 'vault',
      lastOrdinal: async () => 0,
      log,
      ...options,
    });
    ending.push(() => started.stop());
    return started;
  }

  it('knows how far it is, what is behind it, and when the last came in', async () => {
    await root.streams.add({ name: 'VAULT', subjects: ['evt.vault.>'] });
    const before = Date.now();
    await publish(1, 10);
    const held: (() => void)[] = [];
    const reader = await start({ batchSize: 4, handle: () => new Promise((resolve) => held.push(resolve)) });
    await until(() => held.length === 1);
    expect(reader.progress()).toEqual({ ordinal: 0, pendingEvents: 10, storedMs: null, retries: 0 });
    for (let batch = 1; reader.progress().ordinal < 10; batch++) {
      await until(() => held.length === batch || reader.progress().ordinal === 10);
      held.at(-1)?.();
    }
    const { storedMs, ...rest } = reader.progress();
    expect(rest).toEqual({ ordinal: 10, pendingEvents: 0, retries: 0 });
    expect(storedMs).toBeGreaterThan(before - 60_000);
    expect(storedMs).toBeLessThan(Date.now() + 60_000);
  });

  it('that never gets an event handled never says that it follows, and counts how often it tried', async () => {
    await root.streams.add({ name: 'VAULT', subjects: ['evt.vault.>'] });
    await publish(1, 3);
    const states = new Set<string>();
    const reader = await start({
      handle: async () => {
        states.add(reader.status().state);
        throw new Error('the database is away');
      },
    });
    await until(() => reader.progress().retries >= 3);
    expect([...states]).toEqual(['starting', 'retrying']);
    expect(reader.status()).toEqual({ state: 'retrying', ordinal: 0, reason: 'the database is away' });
    expect(reader.progress()).toMatchObject({ pendingEvents: 3, storedMs: null });
  });
});
