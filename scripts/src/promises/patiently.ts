/** Waiting for what is promised to happen, but not for ever. */
import { setTimeout as sleep } from 'node:timers/promises';

const LIMIT_MS = 60_000;
const POLL_MS = 20;

/** Resolves once `isSo`; throws after a minute, or once `signal` aborts. */
export async function patiently(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  signal?: AbortSignal,
): Promise<void> {
  const giveUpAt = performance.now() + LIMIT_MS;
  while (!(await isSo())) {
    signal?.throwIfAborted();
    if (performance.now() > giveUpAt) throw new Error(`${what}: still not so after ${LIMIT_MS / 1_000} s`);
    await sleep(POLL_MS);
  }
}

/** Calls `work` with 0, 1, … up to `count`, so many at a time. */
export async function inLanes(count: number, lanes: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, count) }, lane));
}
