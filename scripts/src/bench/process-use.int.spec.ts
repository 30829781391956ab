/** What a process has used, told of a process that is known to use it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from '@jest/globals';
import { cpuMicrosecondsOf, privateMbOf, residentMbOf } from './process-use.js';

const BUSY = `while (process.cpuUsage().user < 400_000); process.send('done'); setTimeout(() => {}, 60_000);`;

it('counts what a process and its children have computed, and what it holds', async () => {
  const before = cpuMicrosecondsOf(process.pid) as number;
  const child = spawn(process.execPath, ['-e', BUSY], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  try {
    await once(child, 'message');
    const used = cpuMicrosecondsOf(child.pid as number) as number;
    expect(used).toBeGreaterThan(100_000);
    expect((cpuMicrosecondsOf(process.pid) as number) - before).toBeGreaterThanOrEqual(used - 20_000);
    expect(residentMbOf(child.pid as number)).toBeGreaterThan(10);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

const FULL = `const held = Buffer.alloc(64 << 20, 1); process.send('done'); setTimeout(() => held, 60_000);`;

it('what a child holds of its own counts for its parent too', async () => {
  const before = privateMbOf(process.pid) as number;
  const child = spawn(process.execPath, ['-e', FULL], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  try {
    await once(child, 'message');
    const held = privateMbOf(child.pid as number) as number;
    expect(held).toBeGreaterThanOrEqual(64);
    expect(held).toBeLessThanOrEqual(residentMbOf(child.pid as number) as number);
    expect((privateMbOf(process.pid) as number) - before).toBeGreaterThanOrEqual(held - 32);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

it('says nothing of a process that there is not', () => {
  expect([cpuMicrosecondsOf(2 ** 30), residentMbOf(2 ** 30), privateMbOf(2 ** 30)]).toEqual([0, null, null]);
});
