/** The processes of one local system: started side by side, kept running, stopped in reverse order. */
import { keepRunning, type Keeper, type Running } from './keep-running.js';
import type { ProcessName } from './process-files.js';

/** A growing set of processes that live and end together. */
export interface Crew {
  /** Aborted once a first start has failed or `stop` was called: starts that are under way should give up. */
  readonly signal: AbortSignal;
  /** Starts a process and returns it once it is ready; whatever ends later is named and started again. */
  add<R extends Running>(name: ProcessName, start: () => Promise<R>): Promise<R>;
  /** Ends a process that was added and returns once it runs again. */
  restart(name: ProcessName): Promise<void>;
  /** Ends a process for good. */
  end(name: ProcessName): Promise<void>;
  /** The process that runs under each name now. */
  pids(): Readonly<Partial<Record<ProcessName, number>>>;
  /** Stops all, the last added first, those that are still starting included. */
  stop(): Promise<void>;
}

/** What a crew tells. */
export interface CrewListener {
  /** Takes one line for a person. */
  readonly onNotice: (line: string) => void;
  /** A process has been started again. */
  readonly onRestarted: () => void;
}

/** An empty crew; `signal` ends starts that are under way. */
export function assembleCrew({ onNotice, onRestarted }: CrewListener, signal?: AbortSignal): Crew {
  const halt = new AbortController();
  const starts: Promise<Keeper<Running>>[] = [];
  const keepers = new Map<ProcessName, Keeper<Running>>();
  return {
    signal: signal === undefined ? halt.signal : AbortSignal.any([halt.signal, signal]),
    add: async (name, start) => {
      const starting = keepRunning({ name, start, onNotice, onRestarted });
      starts.push(starting);
      try {
        const keeper = await starting;
        keepers.set(name, keeper);
        return keeper.current();
      } catch (error) {
        halt.abort();
        throw error;
      }
    },
    restart: async (name) => keepers.get(name)?.restart(),
    end: async (name) => keepers.get(name)?.stop(),
    pids: () => Object.fromEntries([...keepers].map(([name, keeper]) => [name, keeper.current().pid])),
    stop: async () => {
      halt.abort();
      for (const starting of starts.toReversed()) {
        const keeper = await starting.catch(() => null);
        await keeper?.stop();
      }
    },
  };
}
