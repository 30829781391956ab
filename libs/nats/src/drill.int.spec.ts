/** Drills on a stream: what they see, and what they leave behind. */
import { describe, expect, it } from '@jest/globals';
import { until } from './bus.fixture.js';
import { copyMessages, lastMessage, wipeStream } from './drill.js';
import { ReadableJournal } from './journal.fixture.js';
import { relayOnBus, text } from './relay.fixture.js';

const { bus, root, startRelay, stopAll, lastSequence } = relayOnBus();
const publisher = () => bus().events(bus().identities.vault.events);

async function filled(count: number) {
  const journal = new ReadableJournal();
  journal.add(count);
  const relay = startRelay(journal);
  await until(async () => (await lastSequence()) === count);
  return { journal, relay, vault: await publisher() };
}

describe('a copy', () => {
  it('holds the messages of its range, in order', async () => {
    const { journal, vault } = await filled(600);
    const copied = await copyMessages(vault, { service: 'vault', from: 11, through: 600 });
    expect(copied.map(({ sequence, body }) => [sequence, text(body)])).toEqual(
      journal.events.slice(10).map(({ body }, i) => [i + 11, text(body)]),
    );
    expect(copied[0]).toMatchObject({
      subject: 'evt.vault.acme.secret.SecretCreated',
      headers: { 'ce-id': journal.events[10]!.id, 'kt-ordinal': '11' },
    });
    expect(await lastMessage(vault, 'vault')).toEqual(copied.at(-1));
  });

  it('leaves out what is not there', async () => {
    const { vault } = await filled(3);
    expect(await copyMessages(vault, { service: 'vault', from: 2, through: 9 })).toHaveLength(2);
  });
});

describe('a stream', () => {
  it('that is deleted is gone', async () => {
    const { relay, vault } = await filled(3);
    await relay.stop();
    await wipeStream(vault, 'vault', 'deleted');
    await expect(root().streams.info('VAULT')).rejects.toThrow('not found');
    expect(await lastMessage(vault, 'vault')).toBeNull();
  });

  it('that is emptied has the settings that it had, and nothing in it', async () => {
    const { relay, vault } = await filled(3);
    await relay.stop();
    const { config } = await root().streams.info('VAULT');
    await wipeStream(vault, 'vault', 'emptied');
    const info = await root().streams.info('VAULT');
    expect([info.config, info.state.last_seq]).toEqual([config, 0]);
    expect(await lastMessage(vault, 'vault')).toBeNull();
    await stopAll();
  });
});
