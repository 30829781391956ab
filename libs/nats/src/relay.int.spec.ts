/** The relay and a consumer on a real server: message n is event n, through purges, deletions, kills and crashes. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { JetStreamManager } from '@nats-io/jetstream';
import { DiscardPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { Bus } from './bus.fixture.js';
import { remembering, silent, startBus, until } from './bus.fixture.js';
import type { BusEvent } from './bus-event.js';
import type { BusConnection } from './connect.js';
import type { ConsumeOptions } from './consumer.js';
import { consume } from './consumer.js';
import { MemoryMarks, ReadableJournal } from './journal.fixture.js';
import type { RelayOptions } from './relay.js';
import { relay } from './relay.js';

jest.setTimeout(60_000);

let bus: Bus;
let vault: BusConnection;
let audit: BusConnection;
let root: JetStreamManager;
beforeAll(async () => {
  bus = await startBus();
  vault = await bus.events(bus.identities.vault.events);
  audit = await bus.events(bus.identities.audit.events);
  root = await jetstreamManager(await bus.raw(bus.root.events));
});
afterAll(() => bus.stop());

const running: { stop(): Promise<void> }[] = [];
const stopAll = (): Promise<unknown> => Promise.all(running.splice(0).map((each) => each.stop()));
afterEach(async () => {
  await stopAll();
  await root.streams.delete('VAULT').catch(() => {});
});

function startRelay(journal: ReadableJournal, options: Partial<RelayOptions> = {}) {
  const started = relay({
    service: 'vault',
    reader: journal,
    marks: new MemoryMarks(),
    connection: vault,
    log: silent,
    ...options,
  });
  running.push(started);
  return started;
}

/** A reader whose effects are `seen`. */
function startReader(seen: BusEvent[], options: Partial<ConsumeOptions> = {}) {
  const started = consume({
    connection: audit,
    reader: 'audit',
    service: 'vault',
    lastOrdinal: async () => seen.length,
    handle: async (events) => void seen.push(...events),
    log: silent,
    ...options,
  });
  running.push(started);
  return started;
}

const lastSequence = async (): Promise<number> =>
  (await root.streams.info('VAULT').catch(() => null))?.state.last_seq ?? 0;
const createdAt = async (): Promise<string> => (await root.streams.info('VAULT')).created;

/** Reads the whole stream, past everything that is under test. */
async function stored() {
  const { state } = await root.streams.info('VAULT');
  const messages = [];
  for (let seq = Math.max(state.first_seq, 1); seq <= state.last_seq; seq++)
    messages.push(await root.streams.getMessage('VAULT', { seq }));
  return messages;
}

const inOrder = (journal: ReadableJournal) =>
  journal.events.map(({ body, detail, salt }, i) => ({
    ordinal: i + 1,
    subject: 'evt.vault.acme.secret.SecretCreated',
    body: text(body),
    detail: text(detail),
    salt: text(salt),
  }));
const text = (bytes: Uint8Array | null): string | null => bytes && Buffer.from(bytes).toString('latin1');
const asText = (events: readonly BusEvent[]) =>
  events.map((event) => ({ ...event, body: text(event.body), detail: text(event.detail), salt: text(event.salt) }));

describe('the relay', () => {
  it('makes event n message n, with its headers and bytes', async () => {
    const journal = new ReadableJournal();
    journal.add(20);
    const started = startRelay(journal);
    await until(async () => (await lastSequence()) === 20);
    const messages = await stored();
    expect(messages.map((message) => [message?.seq, text(message!.data)])).toEqual(
      journal.events.map(({ body }, i) => [i + 1, text(body)]),
    );
    const [first, second] = messages;
    expect(first!.subject).toBe('evt.vault.acme.secret.SecretCreated');
    expect(Object.fromEntries(first!.header)).toMatchObject({
      'content-type': ['application/cloudevents+json'],
      'ce-id': [journal.events[0]!.id],
      'Nats-Msg-Id': [journal.events[0]!.id],
      'kt-ordinal': ['1'],
    });
    expect(first!.header.has('kt-detail')).toBe(false);
    expect(JSON.parse(Buffer.from(second!.header.get('kt-detail'), 'base64').toString())).toEqual({
      salt: Buffer.alloc(16, 1).toString('base64'),
      ip: '203.0.113.9',
    });
    await until(() => started.status().ordinal === 20);
    expect(started.status().state).toBe('leading');
    expect(started.lag()).toBe(0);
  });

  it('publishes what is appended later, in the same order, for the consumer to see each once', async () => {
    const journal = new ReadableJournal();
    const seen: BusEvent[] = [];
    const started = startRelay(journal);
    startReader(seen);
    for (let i = 0; i < 50; i++) {
      journal.add(100);
      started.nudge();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await until(() => seen.length >= 5_000);
    expect(asText(seen)).toEqual(inOrder(journal));
  });

  it('makes the stream undeletable message by message', async () => {
    startRelay(new ReadableJournal());
    await until(async () => (await root.streams.info('VAULT').catch(() => null)) !== null);
    const { config } = await root.streams.info('VAULT');
    expect(config).toMatchObject({ deny_purge: true, deny_delete: true, discard: 'new', storage: 'file' });
    expect(config.subjects).toEqual(['evt.vault.>']);
    await expect(root.streams.purge('VAULT')).rejects.toThrow();
  });

  it('goes on after a crash between acknowledgement and save, doubling nothing', async () => {
    const journal = new ReadableJournal();
    const marks = new MemoryMarks();
    marks.forget = true;
    journal.add(700);
    startRelay(journal, { marks });
    await until(async () => (await lastSequence()) === 700);
    await stopAll();
    expect(marks.mark.ordinal).toBe(0);
    const created = await createdAt();

    marks.forget = false;
    journal.add(10);
    startRelay(journal, { marks });
    await until(async () => (await lastSequence()) === 710);
    await until(() => marks.mark.ordinal === 710);
    expect(await createdAt()).toBe(created);
    const ids = (await stored()).map((message) => message?.header.get('ce-id'));
    expect(ids).toEqual(journal.events.map(({ id }) => id));
  });

  it('lets old messages leave, and makes nothing of it', async () => {
    const journal = new ReadableJournal();
    journal.add(10);
    const started = startRelay(journal, { maxAgeMs: 1_200 });
    await until(() => started.status().ordinal === 10);
    const created = await createdAt();
    await until(async () => (await root.streams.info('VAULT')).state.messages === 0);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    journal.add(5);
    started.nudge();
    await until(async () => (await lastSequence()) === 15);
    expect(await createdAt()).toBe(created);
  });

  it('is taken over by another process when the leader ends', async () => {
    const journal = new ReadableJournal();
    const marks = new MemoryMarks();
    journal.add(10);
    const first = startRelay(journal, { marks });
    await until(() => first.status().ordinal === 10);
    const second = startRelay(journal, { marks, connection: await bus.events(bus.identities.vault.events) });
    journal.add(10);
    first.nudge();
    await until(() => first.status().ordinal === 20);
    expect([second.status(), second.lag()]).toEqual([{ state: 'standby', ordinal: 0 }, null]);
    await first.stop();
    journal.add(10);
    await until(() => second.status().ordinal === 30);
    expect(first.status().state).toBe('standby');
    expect(await lastSequence()).toBe(30);
  });

  it('stays in order when two believe that they lead', async () => {
    const journal = new ReadableJournal();
    journal.add(3_000);
    startRelay(journal);
    startRelay(journal, { connection: await bus.events(bus.identities.vault.events) });
    await until(async () => (await lastSequence()) >= 3_000);
    const seen: BusEvent[] = [];
    startReader(seen);
    await until(() => seen.length >= 3_000);
    expect(asText(seen)).toEqual(inOrder(journal));
  });
});

describe('a lost stream is deleted, made afresh and filled again, and the reader goes on', () => {
  async function follow() {
    const journal = new ReadableJournal();
    const marks = new MemoryMarks();
    const seen: BusEvent[] = [];
    journal.add(1_000);
    const started = startRelay(journal, { marks });
    startReader(seen);
    await until(() => seen.length === 1_000);
    return { journal, marks, seen, started };
  }

  async function expectRebuilt({ journal, seen }: Awaited<ReturnType<typeof follow>>, created: string) {
    await until(async () => (await root.streams.info('VAULT').catch(() => null))?.state.messages === 1_000);
    expect(await createdAt()).not.toBe(created);
    journal.add(50);
    await until(() => seen.length >= 1_050);
    expect(asText(seen)).toEqual(inOrder(journal));
    expect((await stored()).map((message) => message?.header.get('ce-id'))).toEqual(journal.events.map(({ id }) => id));
  }

  it('when it is deleted, within the dedupe window', async () => {
    const parts = await follow();
    const created = await createdAt();
    await root.streams.delete('VAULT');
    await expectRebuilt(parts, created);
  });

  it('when it is emptied by an age limit that is taken back at once', async () => {
    const parts = await follow();
    const { config, created } = await root.streams.info('VAULT');
    await root.streams.update('VAULT', { ...config, max_age: 100_000_000, duplicate_window: 100_000_000 });
    await until(async () => (await lastSequence()) > 0 && (await root.streams.info('VAULT')).state.messages === 0);
    await root.streams.update('VAULT', config);
    await expectRebuilt(parts, created);
  });

  it('when somebody else made it, empty', async () => {
    const parts = await follow();
    const { config, created } = await root.streams.info('VAULT');
    await root.streams.delete('VAULT');
    await root.streams.add({ ...config, deny_purge: false });
    await expectRebuilt(parts, created);
  });

  it('when it was purged while no relay ran', async () => {
    const parts = await follow();
    await parts.started.stop();
    const { config } = await root.streams.info('VAULT');
    await root.streams.update('VAULT', { ...config, max_msgs: 1, discard: DiscardPolicy.Old });
    await root.streams.update('VAULT', config);
    const { created, state } = await root.streams.info('VAULT');
    expect(state.messages).toBe(1);
    startRelay(parts.journal, { marks: parts.marks });
    await expectRebuilt(parts, created);
  });
});

describe('a stream that contradicts its journal stops the relay with an alarm', () => {
  it('when it is ahead of a restored journal', async () => {
    const journal = new ReadableJournal();
    const marks = new MemoryMarks();
    journal.add(100);
    const before = startRelay(journal, { marks });
    await until(() => before.status().ordinal === 100);
    journal.add(100);
    marks.forget = true;
    before.nudge();
    await until(() => before.status().ordinal === 200);
    await stopAll();

    journal.events.length = 150;
    marks.forget = false;
    const log = remembering();
    const after = startRelay(journal, { marks, log });
    await until(() => after.status().state === 'stopped');
    expect(after.status().reason).toEqual(expect.any(String));
    expect(after.lag()).toBeNull();
    expect(log.entries.at(-1)?.level).toBe('error');
    expect(await lastSequence()).toBe(200);
  });

  it('when its last message is another event', async () => {
    const journal = new ReadableJournal();
    const marks = new MemoryMarks();
    journal.add(100);
    const before = startRelay(journal, { marks });
    await until(() => marks.mark.ordinal === 100 && before.status().ordinal === 100);
    await stopAll();
    const other = new ReadableJournal();
    other.add(120);
    const after = startRelay(other, { marks: new MemoryMarks() });
    await until(() => after.status().state === 'stopped');
    expect(await lastSequence()).toBe(100);
  });

  it('when somebody else writes to it', async () => {
    const journal = new ReadableJournal();
    journal.add(10);
    const started = startRelay(journal);
    await until(() => started.status().ordinal === 10);
    const nc = await bus.raw(bus.root.events);
    await jetstream(nc).publish('evt.vault.acme.secret.SecretRevoked', '{}');
    journal.add(10);
    started.nudge();
    await until(() => started.status().state === 'stopped');
    expect(await lastSequence()).toBe(11);
  });
});

describe('a killed server', () => {
  it('loses, doubles and reorders nothing, whenever it is killed', async () => {
    const journal = new ReadableJournal();
    const seen: BusEvent[] = [];
    const started = startRelay(journal);
    startReader(seen, { batchSize: 100 });
    let writing = true;
    const writer = (async () => {
      while (writing) {
        journal.add(50);
        started.nudge();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    for (let kill = 1; kill <= 3; kill++) {
      const before = seen.length;
      await until(() => seen.length > before + 500);
      await bus.kill();
      await bus.restart();
    }
    writing = false;
    await writer;
    await until(() => seen.length >= journal.events.length);
    expect(asText(seen)).toEqual(inOrder(journal));
    expect(await lastSequence()).toBe(journal.events.length);
  });
});
