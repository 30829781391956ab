/** Keeps a process running: when it ends unasked it is named and started again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ending } from '@keytrail/testing';

/** A process that is up. */
export interface Running {
  readonly pid: number;
  /** Settles when it has ended, for whatever reason. */
  readonly exited: Promise<Ending>;
  stop(): Promise<void>;
}

/** What to keep running. */
export interface Kept<R extends Running> {
  readonly name: string;
  /** Returns once the process is ready; called again whenever it has ended. */
  readonly start: () => Promise<R>;
  /** Called for each start that succeeded after the first. */
  readonly onRestarted?: () => void;
  /** Takes one line for a person. */
  readonly onNotice: (line: string) => void;
}

/** A process that is kept running until `stop`. */
export interface Keeper<R extends Running> {
  /** The process that runs now, or the last one while it is being started again. */
  current(): R;
  /** Ends the process and returns once it runs again. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const longestPauseMs = 5_000;

/** Starts the process and returns once it is ready; throws when this first start fails. */
export async function keepRunning<R extends Running>({
  name,
  start,
  onRestarted,
  onNotice,
}: Kept<R>): Promise<Keeper<R>> {
  let current = await start();
  const stopping = new AbortController();
  let restarted: PromiseWithResolvers<void> | null = null;

  const startAgain = async (): Promise<void> => {
    for (let pauseMs = 100; !stopping.signal.aborted; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        current = await start();
        onRestarted?.();
        if (restarted === null) onNotice(`${name} is back as process ${current.pid}`);
        return;
      } catch (error) {
        const [what] = String(error).split('\n');
        onNotice(`${name} did not come back: ${what}`);
        await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  };
  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const ending = await current.exited;
      if (stopping.signal.aborted) return;
      if (restarted === null) onNotice(`${name} (process ${current.pid}) ${described(ending)}; starting it again`);
      await startAgain();
      restarted?.resolve();
      restarted = null;
    }
  };
  const watching = watch();
  return {
    current: () => current,
    restart: async () => {
      const { promise } = (restarted ??= Promise.withResolvers());
      await current.stop();
      await Promise.race([promise, watching]);
    },
    stop: async () => {
      stopping.abort();
      await current.stop();
      await watching;
      // Started again while it was being stopped.
      await current.stop();
    },
  };
}

function described({ code, signal }: Ending): string {
  return signal === null ? `ended with code ${code}` : `was killed by ${signal}`;
}
