/** One step of the work that one process does alone, in microseconds, against the least that it could take. */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import { median } from './rounds.js';

export const ROUNDS = 9;
export const ROUND_MS = 40;
const WARM_UP_MS = 100;
const BATCH = 8;

/** A step and its limit; each tells whether it made what it should. */
export interface Step {
  readonly name: string;
  readonly work: () => boolean;
  readonly limitName: string;
  readonly limit: () => boolean;
}

/** `signal` ends it between two rounds. */
export interface Telling {
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Limit and subject take turns, so that whatever else the machine does meets both. */
export async function alternate({ name, work, limit, limitName }: Step, { say, signal }: Telling) {
  microsecondsOf(limit, WARM_UP_MS);
  microsecondsOf(work, WARM_UP_MS);
  const [limits, works]: [number[], number[]] = [[], []];
  for (let n = 0; n < ROUNDS; n++) {
    await letOthersRun();
    signal.throwIfAborted();
    limits.push(microsecondsOf(limit, ROUND_MS));
    works.push(microsecondsOf(work, ROUND_MS));
  }
  const ratios = works.map((each, n) => each / (limits[n] ?? Number.NaN));
  const spread = (values: readonly number[]) => [Math.min(...values), Math.max(...values)].map(rounded);
  const [microseconds, limitMicroseconds] = [rounded(median(works)), rounded(median(limits))];
  say(`${name}: ${microseconds} us, ${limitName} alone ${limitMicroseconds} us`);
  return {
    limit: limitName,
    microseconds,
    limitMicroseconds,
    ratio: rounded(median(ratios)),
    spread: { microseconds: spread(works), limitMicroseconds: spread(limits), ratio: spread(ratios) },
  };
}

const rounded = (figure: number): number => Math.round(figure * 100) / 100;

function microsecondsOf(work: () => boolean, forMs: number): number {
  const since = performance.now();
  let [done, tookMs] = [0, 0];
  while (tookMs < forMs) {
    for (let n = 0; n < BATCH; n++) work();
    done += BATCH;
    tookMs = performance.now() - since;
  }
  return (tookMs * 1_000) / done;
}
