/** A line of stamps: when something happened, to the millisecond, and how often between any two moments. */

/**
 * All times are epoch milliseconds. A question is a binary search. A stamp behind all others is added at once; one that
 * is
 * not moves those behind it, of which there are few where disorder is small.
 */
export class Stamps {
  /** Ascending and distinct; those from `first` on are kept. */
  private readonly times: number[];
  /** For each of `times` how many stamps stand up to it, those that were dropped included. */
  private readonly upTo: number[];
  private first = 0;
  private dropped = 0;

  /** `times` ascend and are distinct; `counts` says how many stamps stand at each. */
  constructor(times: readonly number[] = [], counts: readonly number[] = []) {
    let total = 0;
    this.times = [...times];
    this.upTo = counts.map((count) => (total += count));
  }

  /** At how many milliseconds there are stamps: what the memory that this takes grows with. */
  get size(): number {
    return this.times.length - this.first;
  }

  /** -Infinity where there is none. */
  get latest(): number {
    return this.size === 0 ? -Infinity : (this.times.at(-1) as number);
  }

  add(time: number): void {
    const next = this.indexAfter(time);
    const isThere = next > this.first && this.times[next - 1] === time;
    const index = isThere ? next - 1 : next;
    if (!isThere) {
      this.upTo.splice(index, 0, this.countBefore(next));
      this.times.splice(index, 0, time);
    }
    for (let i = index; i < this.upTo.length; i++) (this.upTo[i] as number)++;
  }

  /** How many stand later than `after`, up to `to`. */
  countIn(after: number, to: number): number {
    return this.countBefore(this.indexAfter(to)) - this.countBefore(this.indexAfter(after));
  }

  /** The time of the n-th counted from the latest; null where there are fewer. */
  nthLatest(n: number): number | null {
    const total = this.countBefore(this.times.length);
    if (total - this.dropped < n) return null;
    return this.times[this.firstAtLeast(total - n + 1, this.upTo)] as number;
  }

  /** Forgets what stands earlier than `time`. */
  dropBefore(time: number): void {
    const next = this.indexAfter(time - 1);
    this.dropped = this.countBefore(next);
    this.first = next;
    if (this.first * 2 <= this.times.length) return;
    this.times.splice(0, this.first);
    this.upTo.splice(0, this.first);
    this.first = 0;
  }

  /** How many stamps stand before an index, those that were dropped included. */
  private countBefore(index: number): number {
    return index === this.first ? this.dropped : (this.upTo[index - 1] as number);
  }

  private indexAfter(time: number): number {
    return this.latest <= time ? this.times.length : this.firstAtLeast(time + 1, this.times);
  }

  /** The index of the first kept element that is no less than an integer; the length where all are. */
  private firstAtLeast(least: number, ascending: readonly number[]): number {
    let [low, high] = [this.first, ascending.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ascending[middle] as number) >= least) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
