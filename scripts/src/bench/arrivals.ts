/** An open loop of load: requests fall due at a fixed rate, whether or not those before them have been served. */

export interface Arrivals {
  readonly perSecond: number;
  readonly forMs: number;
  /** Makes the round reject. */
  readonly signal: AbortSignal;
  /** Resolves once answered, with whether it was served; rejecting ends the round. */
  readonly request: () => Promise<boolean>;
}

/** What came of a round of arrivals; in ms, in no order. */
export interface Arrived {
  /** How many were served. */
  readonly done: number;
  /**
   * From when each request was due until it was served: what it waited for its turn here counts as well. Infinite for
   * those that never were.
   */
  readonly tookMs: readonly number[];
  /** From when each was due until it was sent, which is the part of it that this process is to blame for. */
  readonly lateMs: readonly number[];
}

/** Milliseconds of a clock that only goes forward, and a wait on it. */
export interface Clock {
  now(): number;
  wait(ms: number): Promise<void>;
}

/** When the nth request is due, from 0, in ms since the first. */
export const dueMs = (n: number, perSecond: number): number => (n * 1_000) / perSecond;

/** How many requests fall due within `forMs`, the one at its very end not among them. */
export const dueWithin = (forMs: number, perSecond: number): number => Math.ceil((forMs * perSecond) / 1_000);

/**
 * Sends each request when it is due, or as soon after that as this process gets to it, and waits for the last of them.
 * Nothing that was due is left out, so that a stall counts for everybody who would have come meanwhile.
 */
export async function arrivals({ perSecond, forMs, signal, request }: Arrivals, clock: Clock): Promise<Arrived> {
  const count = dueWithin(forMs, perSecond);
  const [tookMs, lateMs]: [number[], number[]] = [[], []];
  const failed = new AbortController();
  const ended = AbortSignal.any([signal, failed.signal]);
  const since = clock.now();
  // Counted, not collected: promises by the thousand that nobody lets go of make the collector's pauses long.
  let [waiting, isOver] = [0, false];
  const allServed = Promise.withResolvers<void>();
  const serve = async (dueAt: number): Promise<void> => {
    waiting++;
    lateMs.push(clock.now() - dueAt);
    try {
      const isServed = await request();
      tookMs.push(isServed ? clock.now() - dueAt : Infinity);
    } catch (error) {
      failed.abort(error);
    }
    waiting--;
    if (isOver && waiting === 0) allServed.resolve();
  };
  for (let n = 0; n < count && !ended.aborted;) {
    for (; n < count && since + dueMs(n, perSecond) <= clock.now(); n++) void serve(since + dueMs(n, perSecond));
    if (n < count) await clock.wait(Math.max(0, since + dueMs(n, perSecond) - clock.now()));
  }
  isOver = true;
  if (waiting > 0) await allServed.promise;
  ended.throwIfAborted();
  return { done: tookMs.filter(Number.isFinite).length, tookMs, lateMs };
}
