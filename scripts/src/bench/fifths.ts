/** What a figure was in the first fifth of a long run and in the last: whether it has held. */
import { median } from './rounds.js';

/** Of the samples of each; null where none of them was told. */
export interface Fifths {
  readonly firstFifth: number | null;
  readonly lastFifth: number | null;
}

/** The medians of the first and the last fifth of `samples`, which are in order: of one sample each at least. */
export function fifthsOf(samples: readonly (number | null)[]): Fifths {
  const size = Math.max(1, Math.round(samples.length / 5));
  return { firstFifth: medianOf(samples.slice(0, size)), lastFifth: medianOf(samples.slice(-size)) };
}

/** Of those that were told; null where none was. */
export function medianOf(samples: readonly (number | null)[]): number | null {
  const told = samples.filter((each) => each !== null);
  return told.length === 0 ? null : median(told);
}

/** Of those that were told; null where none was. */
export function maxOf(samples: readonly (number | null)[]): number | null {
  const told = samples.filter((each) => each !== null);
  return told.length === 0 ? null : Math.max(...told);
}
