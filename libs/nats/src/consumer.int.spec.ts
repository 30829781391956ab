/** The consumer on a real server: whatever gets in its way, events are handled once and in order. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { JetStreamManager } from '@nats-io/jetstream';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { headers } from '@nats-io/transport-node';
import type { Bus } from './bus.fixture.js';
import { silent, startBus, until } from './bus.fixture.js';
import type { BusEvent } from './bus-event.js';
import type { BusConnection } from './connect.js';
import type { ConsumeOptions } from './consume-options.js';
import { consume } from './consumer.js';

let bus: Bus;
let audit: BusConnection;
let nc: NatsConnection;
let root: JetStreamManager;
beforeAll(async () => {
  bus = await startBus();
  audit = await bus.events(bus.identities.audit.events);
  nc = await bus.raw(bus.root.events);
  root = await jetstreamManager(nc);
});
afterAll(() => bus.stop());

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
  await root.streams.delete('VAULT').catch(() => {});
});

const makeStream = () => root.streams.add({ name: 'VAULT', subjects: ['evt.vault.>'] });

async function publish(from: number, to: number): Promise<void> {
  for (let ordinal = from; ordinal <= to; ordinal++) {
    const all = headers();
    all.set('kt-ordinal', String(ordinal));
    await jetstream(nc).publish('evt.vault.acme.secret.SecretCreated', `{"n":${ordinal}}`, { headers: all });
  }
}

function startReader(seen: number[], options: Partial<ConsumeOptions> = {}) {
  const started = consume({
    connection: audit,
    reader: 'audit',
    service: 'vault',
    lastOrdinal: async () => seen.at(-1) ?? 0,
    handle: async (events) => void seen.push(...ordinals(events)),
    log: silent,
    ...options,
  });
  running.push(started);
  return started;
}

const ordinals = (events: readonly BusEvent[]): readonly number[] => events.map(({ ordinal }) => ordinal);
const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('a consumer', () => {
  it('waits for a stream that is not there yet', async () => {
    const seen: number[] = [];
    const started = startReader(seen);
    await until(() => started.status().state === 'retrying');
    expect(started.status().reason).toEqual(expect.any(String));
    await makeStream();
    await publish(1, 20);
    await until(() => seen.length === 20);
    expect(seen).toEqual(range(1, 20));
    expect(started.status()).toEqual({ state: 'following', ordinal: 20 });
  });

  it('begins after its own last ordinal, whatever the durable remembers', async () => {
    await makeStream();
    await publish(1, 30);
    const first: number[] = [];
    const reader = startReader(first);
    await until(() => first.length === 30);
    await reader.stop();
    const restored = [...range(1, 12)];
    startReader(restored);
    await until(() => restored.length === 30);
    expect(restored).toEqual(range(1, 30));
  });

  it('whose handler fails gets the same events again, and no later ones before', async () => {
    await makeStream();
    await publish(1, 50);
    const seen: number[] = [];
    const begun: number[] = [];
    let failures = 4;
    const handle = async (events: readonly BusEvent[]): Promise<void> => {
      begun.push(events[0]!.ordinal);
      if (events.some(({ ordinal }) => ordinal === 25) && failures-- > 0) throw new Error('the database is away');
      seen.push(...ordinals(events));
    };
    startReader(seen, { handle, batchSize: 10 });
    await until(() => seen.length === 50);
    expect(seen).toEqual(range(1, 50));
    expect(Math.max(...begun.slice(0, begun.lastIndexOf(21)))).toBe(21);
  });

  it('whose handler fails after its effect was stored doubles nothing', async () => {
    await makeStream();
    await publish(1, 50);
    const seen: number[] = [];
    let failures = 3;
    const handle = async (events: readonly BusEvent[]): Promise<void> => {
      seen.push(...ordinals(events));
      if (failures-- > 0) throw new Error('the answer to COMMIT was lost');
    };
    startReader(seen, { handle, batchSize: 10 });
    await until(() => seen.length >= 50);
    expect(seen).toEqual(range(1, 50));
  });

  it('goes on when its durable is deleted', async () => {
    await makeStream();
    await publish(1, 10);
    const seen: number[] = [];
    startReader(seen);
    await until(() => seen.length === 10);
    await root.consumers.delete('VAULT', 'audit-vault');
    await publish(11, 20);
    await until(() => seen.length >= 20);
    expect(seen).toEqual(range(1, 20));
  });

  it('passes over what it has handled when the stream is filled again, and goes on after it', async () => {
    await makeStream();
    await publish(1, 20);
    const seen: number[] = [];
    startReader(seen);
    await until(() => seen.length === 20);
    await root.streams.delete('VAULT');
    await makeStream();
    await publish(1, 10);
    await until(async () => (await root.consumers.info('VAULT', 'audit-vault').catch(() => null)) !== null);
    await publish(11, 30);
    await until(() => seen.length >= 30);
    expect(seen).toEqual(range(1, 30));
  });

  it('handles nothing beyond a gap, and says so', async () => {
    await makeStream();
    await publish(1, 10);
    await root.streams.deleteMessage('VAULT', 6);
    const seen: number[] = [];
    const started = startReader(seen, { batchSize: 1 });
    await until(() => started.status().state === 'retrying' && seen.length === 5);
    expect(started.status()).toEqual({ state: 'retrying', ordinal: 5, reason: 'message 7 arrived where 6 was due' });
    expect(seen).toEqual(range(1, 5));
  });

  it('handles no message that is not an event of the relay', async () => {
    await makeStream();
    await jetstream(nc).publish('evt.vault.acme.secret.SecretCreated', '{}');
    const seen: number[] = [];
    const started = startReader(seen);
    await until(() => started.status().state === 'retrying');
    expect(started.status().reason).toBe('message 1 is not an event of the relay');
    expect(seen).toEqual([]);
  });

  it('acknowledges what it has handled, so that the server can tell how far it is', async () => {
    await makeStream();
    await publish(1, 10);
    const seen: number[] = [];
    startReader(seen);
    await until(
      async () => (await root.consumers.info('VAULT', 'audit-vault').catch(() => null))?.ack_floor.stream_seq === 10,
    );
    expect(seen).toEqual(range(1, 10));
  });

  it('that is stopped finishes what it has in hand', async () => {
    await makeStream();
    await publish(1, 10);
    const seen: number[] = [];
    const waiting: (() => void)[] = [];
    const handle = async (events: readonly BusEvent[]): Promise<void> => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      seen.push(...ordinals(events));
    };
    const started = startReader(seen, { handle });
    await until(() => waiting.length === 1);
    const stopped = started.stop();
    const release = setInterval(() => waiting.pop()?.(), 1);
    await stopped;
    clearInterval(release);
    expect(started.status().state).toBe('stopped');
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).toEqual(range(1, seen.length));
  });
});
