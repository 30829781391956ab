/** The thread of a waker: sleeps for as many microseconds as it is told, says that it has, and so on until it is over. */
import { parentPort, workerData } from 'node:worker_threads';
import { CELL } from './waker.js';

const cells = workerData as Int32Array;
parentPort?.postMessage('ready');
for (;;) {
  Atomics.wait(cells, CELL.waitUs, 0);
  const waitUs = Atomics.exchange(cells, CELL.waitUs, 0);
  if (Atomics.wait(cells, CELL.isOver, 0, waitUs / 1_000) !== 'timed-out') break;
  parentPort?.postMessage('awake');
}
