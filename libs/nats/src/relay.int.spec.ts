/** The relay on a real server: message n is event n, whoever publishes it and whoever crashes. */
import { describe, expect, it } from '@jest/globals';
import { until } from './bus.fixture.js';
import type { BusEvent } from './bus-event.js';
import { MemoryMarks, ReadableJournal } from './journal.fixture.js';
import { asText, inOrder, relayOnBus, text } from './relay.fixture.js';

const { bus, root, startRelay, startReader, stopAll, lastSequence, createdAt, stored } = relayOnBus();

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
    await until(
      async () =>
        (await root()
          .streams.info('VAULT')
          .catch(() => null)) !== null,
    );
    const { config } = await root().streams.info('VAULT');
    expect(config).toMatchObject({ deny_purge: true, deny_delete: true, discard: 'new', storage: 'file' });
    expect(config.subjects).toEqual(['evt.vault.>']);
    await expect(root().streams.purge('VAULT')).rejects.toThrow();
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
    await until(async () => (await root().streams.info('VAULT')).state.messages === 0);
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
    const second = startRelay(journal, { marks, connection: await bus().events(bus().identities.vault.events) });
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
    startRelay(journal, { connection: await bus().events(bus().identities.vault.events) });
    await until(async () => (await lastSequence()) >= 3_000);
    const seen: BusEvent[] = [];
    startReader(seen);
    await until(() => seen.length >= 3_000);
    expect(asText(seen)).toEqual(inOrder(journal));
  });
});
