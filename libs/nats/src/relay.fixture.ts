/** A relay and a reader on a real nats-server, and a way to look past them, for specs. */
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { JetStreamManager } from '@nats-io/jetstream';
import { jetstreamManager } from '@nats-io/jetstream';
import type { Bus } from './bus.fixture.js';
import { silent, startBus } from './bus.fixture.js';
import type { BusEvent } from './bus-event.js';
import type { BusConnection } from './connect.js';
import type { ConsumeOptions } from './consume-options.js';
import { consume } from './consumer.js';
import { MemoryMarks, ReadableJournal } from './journal.fixture.js';
import type { RelayOptions } from './relay.js';
import { relay } from './relay.js';

/** Starts the server before the specs of a file; each spec has a stream of its own. */
export function relayOnBus() {
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

  return { bus: () => bus, root: () => root, startRelay, startReader, stopAll, lastSequence, createdAt, stored };
}

/** The events of a journal as a reader should see them. */
export const inOrder = (journal: ReadableJournal) =>
  journal.events.map(({ body, detail, salt }, i) => ({
    ordinal: i + 1,
    subject: 'evt.vault.acme.secret.SecretCreated',
    body: text(body),
    detail,
    salt: salt && Buffer.from(salt, 'base64').toString('latin1'),
  }));
/** Bytes in a form that compares. */
export const text = (bytes: Uint8Array | null): string | null => bytes && Buffer.from(bytes).toString('latin1');
/** Events in a form that compares. */
export const asText = (events: readonly BusEvent[]) =>
  events.map((event) => ({ ...event, body: text(event.body), detail: text(event.detail), salt: text(event.salt) }));
