/** The thread of a waker: sleeps for as many microseconds as it is told, says so, and again, until it is over. */
import { parentPort, workerData } from 'node:worker_threads';
import { CELL } from './waker.js';

const cells = workerData as Int32Array;
const say = (what: 'ready' | 'awake'): void => parentPort?.postMessage(what, []);

say('ready');
for (;;) {
  Atomics.wait(cells, CELL.waitUs, 0);
  const waitUs = Atomics.exchange(cells, CELL.waitUs, 0);
  if (Atomics.wait(cells, CELL.isOver, 0, waitUs / 1_000) !== 'timed-out') break;
  say('awake');
}
