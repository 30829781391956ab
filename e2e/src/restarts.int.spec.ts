/**
 * Whatever is down, and in whichever order it comes back: who was there goes on by itself, who comes waits and gets in.
 */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { serviceNames } from '@keytrail/scripts/system';
import { sceneUnderLoad, unready, unscathed } from './fault.fixture.js';
import { processNames, refusalOf, until } from './stage.fixture.js';

const scene = sceneUnderLoad({});
const system = () => scene().stage.system;

/** Long enough for a machine that has much else to do; whoever is let in is let in at once. */
const PATIENCE_MS = 100_000;

/** Somebody who has not been here before, once it has obtained a value. */
async function newcomer(): Promise<void> {
  const { tokenFile } = system().callers.chatbot;
  const client = await scene().stage.client({ credential: { tokenFile }, patienceMs: PATIENCE_MS });
  expect(await refusalOf(client.decrypt(scene().load.references[0] ?? ''))).toBeNull();
  await client.close();
}

/** Whoever asks to come in while `begin` holds, and has not come in by the time that `isSure`. */
async function kept(waiting: Promise<void>, isSure: () => Promise<unknown>): Promise<void> {
  let isIn = false;
  // A failure is told by whoever awaits it.
  waiting.then(
    () => (isIn = true),
    () => {},
  );
  await isSure();
  expect(isIn).toBe(false);
}

describe('a vault that does not come back', () => {
  const rootKey = () => path.join(system().dir, 'root.key');
  const others = serviceNames.filter((name) => name !== 'vault');
  const failures = () => scene().stage.notices.filter((line) => line.startsWith('vault did not come back')).length;

  it('leaves the others to start without it, and whoever comes waiting, until it does', async () => {
    const pid = system().pidOf('vault');
    let waiting: Promise<void> = Promise.resolve();
    const aftermath = await scene().endure('no vault', {
      begin: () => {
        fs.renameSync(rootKey(), `${rootKey()}.away`);
        process.kill(pid, 'SIGKILL');
      },
      meanwhile: async () => {
        await scene().load.untilRefused();
        for (const name of others) await system().restart(name);
        expect(await unready(scene().stage)).toEqual(['vault']);
        waiting = newcomer();
        const before = failures();
        await kept(waiting, () => until(failures, (now) => now >= before + 2));
      },
      end: async () => {
        fs.renameSync(`${rootKey()}.away`, rootKey());
        await until(
          () => system().pidOf('vault'),
          (now) => now !== pid,
        );
      },
    });
    await waiting;
    expect(aftermath).toEqual({ ...unscathed, restarted: serviceNames });
  }, 240_000);
});

describe('a vault that stands still', () => {
  it('keeps whoever comes waiting, and lets them in as soon as it goes on', async () => {
    const pid = system().pidOf('vault');
    let waiting: Promise<void> = Promise.resolve();
    const aftermath = await scene().endure('vault stands still', {
      begin: () => process.kill(pid, 'SIGSTOP'),
      meanwhile: async () => {
        waiting = newcomer();
        await kept(waiting, () => scene().load.untilRefused());
      },
      end: () => process.kill(pid, 'SIGCONT'),
    });
    await waiting;
    expect(aftermath).toEqual(unscathed);
  });
});

const restarted = ['nats', 'postgres', 'vault', 'gateway'] as const;
const inOrder = restarted.flatMap((first) =>
  restarted.filter((second) => second !== first).map((second) => [first, second] as const),
);

describe('two that are stopped together and started again', () => {
  it.each(inOrder)('are endured: %s, and while it is down %s', async (first, second) => {
    const aftermath = await scene().endure(`restart of ${first} and ${second}`, {
      begin: async () => {
        const back = system().restart(first);
        await system().restart(second);
        await back;
      },
    });
    const services = serviceNames.filter((name) => name === first || name === second);
    expect(aftermath).toEqual({ ...unscathed, restarted: services });
    await newcomer();
  });
});

it('all of it, stopped together and started again, goes on where it was', async () => {
  const aftermath = await scene().endure('restart of everything', {
    begin: () => Promise.all(processNames.map((name) => system().restart(name))),
  });
  expect(aftermath).toEqual({ ...unscathed, restarted: serviceNames });
  await newcomer();
});
