/** A few are asked for again and again, and most hardly ever: which of many, as Zipf's law draws it. */

/**
 * Draws ranks from 0 to `count`, which is never reached, rank r with a probability in proportion to 1 / (r + 1), by
 * binary search in the table of sums. `uniform` answers numbers from 0 to 1, which it never reaches; one is taken for
 * each draw.
 */
export function zipf(count: number, uniform: () => number): () => number {
  if (!Number.isInteger(count) || count < 1) throw new RangeError(`ranks are drawn from 1 or more, not from ${count}`);
  const sums = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) sums[rank] = sum += 1 / (rank + 1);
  return () => firstAbove(sums, uniform() * sum);
}

/** The index of the first of ascending numbers that is above `value`; the last one where none is. */
function firstAbove(ascending: Float64Array, value: number): number {
  let [low, high] = [0, ascending.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
