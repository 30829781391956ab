/** A clock whose waits end in fractions of a millisecond: the timers of an event loop know whole ones only. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Clock } from './arrivals.js';

/** Places of the memory that is shared with the thread, each of them 0 until it is set. */
export const CELL = { waitUs: 0, isOver: 1 } as const;

/** One wait at a time. */
export interface Waker extends Clock {
  close(): Promise<void>;
}

const THREAD = new URL('waker-thread.js', import.meta.url);

/** A thread, which is the compiled file, sleeps in this one's stead: so that neither has to compute meanwhile. */
export async function startWaker(thread = THREAD): Promise<Waker> {
  const cells = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  const worker = new Worker(thread, { workerData: cells });
  await once(worker, 'message');
  const set = (cell: number, value: number): void => {
    Atomics.store(cells, cell, value);
    Atomics.notify(cells, cell);
  };
  return {
    now: () => performance.now(),
    wait: async (ms) => {
      const woken = once(worker, 'message');
      set(CELL.waitUs, Math.max(1, Math.ceil(ms * 1_000)));
      await woken;
    },
    close: async () => {
      const exited = once(worker, 'exit');
      set(CELL.isOver, 1);
      set(CELL.waitUs, 1);
      await exited;
    },
  };
}
