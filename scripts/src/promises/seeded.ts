/** Chance that can be repeated: one seed, one sequence (sfc32 by C. Doty-Humphrey, which passes PractRand). */
import { sha256 } from '@keytrail/crypto';

export interface Seeded {
  readonly seed: string;
  /** A number from 0 to 1, which it never reaches. */
  uniform(): number;
  /** An integer from 0 to `bound`, which it never reaches. */
  below(bound: number): number;
  /** True in so many of a hundred cases. */
  percent(share: number): boolean;
  /** One of the given, which must not be none. */
  pick<T>(from: readonly T[]): T;
  /** Another sequence: what is drawn from it moves this one by nothing. */
  fork(name: string): Seeded;
}

const WARM_UP_ROUNDS = 12;

export function seeded(seed: string): Seeded {
  const hash = sha256(Buffer.from(seed));
  let [a, b, c] = [hash.readInt32LE(0), hash.readInt32LE(4), hash.readInt32LE(8)];
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 0x1_0000_0000;
  };
  for (let round = 0; round < WARM_UP_ROUNDS; round++) next();
  const below = (bound: number) => Math.floor(next() * bound);
  return {
    seed,
    uniform: next,
    below,
    percent: (share) => below(100) < share,
    pick: <T>(from: readonly T[]) => from[below(from.length)] as T,
    fork: (name) => seeded(`${seed}/${name}`),
  };
}
