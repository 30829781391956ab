/** Waiting that can be cut short. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits `ms`, or until `signal` aborts; never throws. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}

/** Ends the wait of whoever listens; rung while nobody does, it ends the next wait at once. */
export interface Doorbell {
  ring(): void;
  /** Waits `ms`, or until somebody rings, or until `signal` aborts. */
  listen(ms: number, signal: AbortSignal): Promise<void>;
}

export function doorbell(): Doorbell {
  let rung = false;
  let answer: (() => void) | null = null;
  return {
    ring: () => {
      rung = true;
      answer?.();
    },
    listen: async (ms, signal) => {
      if (!rung && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const done = (): void => {
            clearTimeout(timer);
            signal.removeEventListener('abort', done);
            resolve();
          };
          const timer = setTimeout(done, ms);
          signal.addEventListener('abort', done);
          answer = done;
        });
        answer = null;
      }
      rung = false;
    },
  };
}
