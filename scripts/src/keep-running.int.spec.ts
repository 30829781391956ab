/** What a person sees when a process of the local system dies, and what is left after a stop. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually, isRunning } from '@keytrail/testing';
import { assembleCrew, type Crew } from './crew.js';
import { keepRunning, type Keeper, type Running } from './keep-running.js';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A process that does nothing until it is told to end. */
async function idle(): Promise<Running> {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
  };
  return { pid: child.pid!, exited, stop };
}

async function keep(start: () => Promise<Running>): Promise<{ keeper: Keeper<Running>; notices: string[] }> {
  const notices: string[] = [];
  const keeper = await keepRunning({ name: 'vault', start, onNotice: (line) => notices.push(line) });
  stops.push(() => keeper.stop());
  return { keeper, notices };
}

describe('a process that is kept running', () => {
  it('is named and started again when it is killed', async () => {
    const { keeper, notices } = await keep(idle);
    const { pid: first } = keeper.current();
    process.kill(first, 'SIGKILL');
    expect(await eventually(() => notices.length === 2, 5_000)).toBe(true);
    const { pid: second } = keeper.current();
    expect(second).not.toBe(first);
    expect(notices).toEqual([
      `vault (process ${first}) was killed by SIGKILL; starting it again`,
      `vault is back as process ${second}`,
    ]);
  });

  it('is tried again until it comes back', async () => {
    let starts = 0;
    const { keeper, notices } = await keep(() => {
      starts += 1;
      return starts === 2 || starts === 3 ? Promise.reject(new Error('no port\nand more')) : idle();
    });
    process.kill(keeper.current().pid, 'SIGKILL');
    expect(await eventually(() => notices.at(-1)?.includes('is back') ?? false, 5_000)).toBe(true);
    expect(notices.slice(1, 3)).toEqual(Array.from({ length: 2 }, () => 'vault did not come back: Error: no port'));
  });

  it('ends for good when it is stopped, even while it is being started again', async () => {
    const started: Running[] = [];
    const { keeper, notices } = await keep(async () => {
      const running = await idle();
      started.push(running);
      return running;
    });
    process.kill(keeper.current().pid, 'SIGKILL');
    expect(await eventually(() => notices.length > 0, 5_000)).toBe(true);
    await keeper.stop();
    expect(started.filter(({ pid }) => isRunning(pid))).toEqual([]);
  });

  it('fails its first start aloud', async () => {
    await expect(keep(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });
});

describe('a crew', () => {
  function newCrew(): Crew {
    const crew = assembleCrew({ onNotice: () => {}, onRestarted: () => {} });
    stops.push(() => crew.stop());
    return crew;
  }

  it('stops the last added first', async () => {
    const crew = newCrew();
    const order: string[] = [];
    for (const name of ['postgres', 'vault'] as const) {
      const running = await crew.add(name, idle);
      void running.exited.then(() => order.push(name));
    }
    await crew.stop();
    expect(order).toEqual(['vault', 'postgres']);
  });

  it('tells starts that are under way to give up when another one fails, and leaves nothing running', async () => {
    const crew = newCrew();
    const patient = async () => {
      await once(crew.signal, 'abort');
      throw new Error('gave up');
    };
    const running = await crew.add('postgres', idle);
    const both = Promise.all([
      crew.add('vault', patient),
      crew.add('audit', () => Promise.reject(new Error('no database'))),
    ]);
    await expect(both).rejects.toThrow('no database');
    await crew.stop();
    expect(isRunning(running.pid)).toBe(false);
  });
});
