/** Takes up what is due, for as long as the process runs. Any number of processes may do so at once. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RotationParts } from './rotation.parts.js';
import type { RotationRunner } from './rotation.runner.js';

/** Rotations that are carried out side by side. */
const BATCH = 16;
const POLL_MS = 1_000;

export interface RotationWorker {
  /** Takes up nothing more, and returns once what is under way has ended or been given back. */
  stop(): Promise<void>;
}

export function rotationWorker({ store, log }: RotationParts, runner: RotationRunner): RotationWorker {
  const stopping = new AbortController();
  const { signal } = stopping;

  /** Whether there may be more to take up. */
  const takeUp = async (): Promise<boolean> => {
    const taken = await store.take(BATCH);
    await Promise.all(taken.map((one) => runner.drive(one)));
    return taken.length === BATCH;
  };

  const running = (async () => {
    while (!signal.aborted) {
      const isMore = await takeUp().catch((error: unknown) => {
        log.warn({ err: error }, 'what is due cannot be looked up; it is tried again');
        return false;
      });
      if (!isMore) await sleep(POLL_MS, undefined, { signal }).catch(() => {});
    }
  })();

  return {
    stop: async () => {
      stopping.abort();
      await Promise.all([running, runner.stop()]);
    },
  };
}
