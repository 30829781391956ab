/** Rounds of load: so many requests in flight for so long, and what came of them. */

/** One round's figures. */
export interface Round {
  readonly done: number;
  readonly perSecond: number;
  /** How long each request took, in ms, in no order. */
  readonly tookMs: readonly number[];
}

export interface Load {
  readonly inFlight: number;
  readonly forMs: number;
  /** Makes the round reject. */
  readonly signal?: AbortSignal;
  /** Resolves once served; rejects where it was not, which ends the round. */
  readonly request: () => Promise<void>;
}

/** Keeps `inFlight` requests under way for `forMs`, then waits for the last of them. */
export async function round({ inFlight, forMs, signal, request }: Load): Promise<Round> {
  const tookMs: number[] = [];
  const since = performance.now();
  const lane = async () => {
    while (performance.now() - since < forMs) {
      signal?.throwIfAborted();
      const startedAt = performance.now();
      await request();
      tookMs.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  const seconds = (performance.now() - since) / 1_000;
  return { done: tookMs.length, perSecond: tookMs.length / seconds, tookMs };
}

/** The value below which a share of `values` lies, 0 to 1; the nearest one that was measured. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);
