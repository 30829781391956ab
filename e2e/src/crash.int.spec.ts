/** Kill -9, one process after the other, under load: each comes back by itself, and whoever holds a receipt finds it in the audit. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KeytrailError, type KeytrailClient } from '@keytrail/client';
import { closeStage, openStage, processNames, until, type Stage } from './stage.fixture.js';

const reference = 'tenant.acme.openai.prod';
const READERS = 4;
const PAUSE_MS = 10;

/** Everybody who uses the system while it is being killed. */
interface Load {
  /** Event ids, each of a value that a caller has obtained. */
  readonly receipts: readonly string[];
  /** Command ids, each of a version that the platform team was told is stored. */
  readonly stored: readonly string[];
  stop(): Promise<void>;
}

const stopping = new AbortController();
let stage: Stage;
let load: Load;
beforeAll(async () => {
  stage = await openStage();
  await stage.ask('POST', '/workspaces', { body: { slug: 'acme' } });
  await stage.ask('POST', '/secrets', { body: { reference, value: { text: 'value' } } });
  load = await startLoad();
});
afterAll(() => stopping.abort());
afterAll(closeStage);

async function startLoad(): Promise<Load> {
  const [receipts, stored]: [string[], string[]] = [[], []];
  const { signal } = stopping;
  const read = async (client: KeytrailClient) => {
    for (; !signal.aborted; await sleep(PAUSE_MS)) {
      const eventId = await obtain(client);
      if (eventId !== null) receipts.push(eventId);
    }
  };
  const write = async () => {
    for (; !signal.aborted; await sleep(PAUSE_MS)) stored.push(await storeVersion(`version-${stored.length}`));
  };
  const clients = await Promise.all(Array.from({ length: READERS }, () => stage.caller('billing')));
  const work = Promise.all([...clients.map(read), write()]);
  // Awaited in `stop`; till then a failure must not end the run.
  work.catch(() => {});
  return {
    receipts,
    stored,
    stop: async () => {
      stopping.abort();
      await work;
    },
  };
}

/** The id of the event in the receipt; null where the caller has to try again. */
async function obtain(client: KeytrailClient): Promise<string | null> {
  try {
    using value = await client.decrypt(reference);
    return value.receipt.eventId;
  } catch (error) {
    if (error instanceof KeytrailError && error.retryable) return null;
    throw error;
  }
}

/** Stores a new version, repeated under the same id until it is answered. */
async function storeVersion(commandId: string): Promise<string> {
  const sent = { body: { value: { text: commandId } }, headers: { 'idempotency-key': commandId } };
  await until(
    () => stage.ask('POST', `/secrets/${reference}/versions`, sent).catch(() => null),
    (answer) => {
      if (answer !== null && answer.status < 500 && answer.status !== 201) throw new Error(JSON.stringify(answer.json));
      return answer?.status === 201;
    },
  );
  return commandId;
}

/** Waits until values are obtained and stored that were asked for from now on. */
async function untilServed(): Promise<void> {
  const [receipts, stored] = [load.receipts.length + 2 * READERS, load.stored.length + 2];
  await until(
    () => [load.receipts.length, load.stored.length] as const,
    ([obtained, written]) => obtained >= receipts && written >= stored,
  );
}

describe('a process that is killed', () => {
  it.each(processNames)('comes back: %s', async (name) => {
    await untilServed();
    const pid = stage.system.pidOf(name);
    const told = stage.notices.length;
    process.kill(pid, 'SIGKILL');
    await until(
      () => stage.system.pidOf(name),
      (now) => now !== pid,
    );
    await untilServed();
    expect(stage.notices.slice(told)).toEqual([
      `${name} (process ${pid}) was killed by SIGKILL; starting it again`,
      `${name} is back as process ${stage.system.pidOf(name)}`,
    ]);
    const ready = () =>
      Promise.all(
        Object.values(stage.system.health).map((url) =>
          fetch(url).then(
            ({ ok }) => ok,
            () => false,
          ),
        ),
      );
    expect(await until(ready, (all) => all.every(Boolean))).toEqual([true, true, true]);
  });
});

describe('the audit', () => {
  it('holds every receipt and every version once, and no gap', async () => {
    await load.stop();
    const chatbot = await stage.caller('chatbot');
    (await chatbot.decrypt(reference, { requestId: 'at-last' })).destroy();
    const entries = await stage.entriesThrough('at-last');
    const ordinals = entries.map(({ ordinal }) => ordinal).toSorted((a, b) => a - b);
    expect(ordinals).toEqual(Array.from(entries, (_, i) => i + 1));

    const decrypts = entries.filter(({ action }) => action === 'decrypt').map(({ id }) => id as string);
    expect(new Set(decrypts).size).toBe(decrypts.length);
    expect(load.receipts.filter((id) => !decrypts.includes(id))).toEqual([]);
    expect(new Set(load.receipts).size).toBe(load.receipts.length);

    const versions = entries.filter(({ action }) => action === 'update').map(({ version }) => version);
    expect(versions.toReversed()).toEqual(load.stored.map((_stored, i) => i + 2));
    const { json } = await stage.ask('GET', `/secrets/${reference}/accesses`);
    expect(json).toMatchObject({ decrypted: decrypts.length, denied: 0 });
  });
});
