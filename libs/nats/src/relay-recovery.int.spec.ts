/** The relay when the bus loses, contradicts or dies: what was lost is filled again, what contradicts stops it. */
import { describe, expect, it } from '@jest/globals';
import { DiscardPolicy, jetstream } from '@nats-io/jetstream';
import { remembering, until } from './bus.fixture.js';
import type { BusEvent } from './bus-event.js';
import { MemoryMarks, ReadableJournal } from './journal.fixture.js';
import { asText, inOrder, relayOnBus } from './relay.fixture.js';

const { bus, root, startRelay, startReader, stopAll, lastSequence, createdAt, stored } = relayOnBus();

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

  async function expectRebuilt({ journal, seen, started }: Awaited<ReturnType<typeof follow>>, created: string) {
    await until(
      async () =>
        (
          await root()
            .streams.info('VAULT')
            .catch(() => null)
        )?.state.messages === 1_000,
    );
    expect(await createdAt()).not.toBe(created);
    expect(started.rebuilt()).toBe(1);
    journal.add(50);
    await until(() => seen.length >= 1_050);
    expect(asText(seen)).toEqual(inOrder(journal));
    expect((await stored()).map((message) => message?.header.get('ce-id'))).toEqual(journal.events.map(({ id }) => id));
  }

  it('when it is deleted, within the dedupe window', async () => {
    const parts = await follow();
    const created = await createdAt();
    await root().streams.delete('VAULT');
    await expectRebuilt(parts, created);
  });

  it('when it is emptied by an age limit that is taken back at once', async () => {
    const parts = await follow();
    const { config, created } = await root().streams.info('VAULT');
    await root().streams.update('VAULT', { ...config, max_age: 100_000_000, duplicate_window: 100_000_000 });
    await until(async () => (await lastSequence()) > 0 && (await root().streams.info('VAULT')).state.messages === 0);
    await root().streams.update('VAULT', config);
    await expectRebuilt(parts, created);
  });

  it('when somebody else made it, empty', async () => {
    const parts = await follow();
    const { config, created } = await root().streams.info('VAULT');
    await root().streams.delete('VAULT');
    await root().streams.add({ ...config, deny_purge: false });
    await expectRebuilt(parts, created);
  });

  it('when it was purged while no relay ran', async () => {
    const parts = await follow();
    await parts.started.stop();
    const { config } = await root().streams.info('VAULT');
    await root().streams.update('VAULT', { ...config, max_msgs: 1, discard: DiscardPolicy.Old });
    await root().streams.update('VAULT', config);
    const { created, state } = await root().streams.info('VAULT');
    expect(state.messages).toBe(1);
    const started = startRelay(parts.journal, { marks: parts.marks });
    await expectRebuilt({ ...parts, started }, created);
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
    const nc = await bus().raw(bus().root.events);
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
      await bus().kill();
      await bus().restart();
    }
    writing = false;
    await writer;
    await until(() => seen.length >= journal.events.length);
    expect(asText(seen)).toEqual(inOrder(journal));
    expect(await lastSequence()).toBe(journal.events.length);
  });
});
