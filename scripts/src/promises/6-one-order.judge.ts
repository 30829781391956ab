/** Judges readers against the journal: the n-th event for one is the n-th event for all. */
import type { Verdict } from './proof.js';

/** An event as a reader was given it. */
export interface SeenEvent {
  readonly ordinal: number;
  readonly id: string;
}

export interface OrderHistory {
  /** For each writer the ids of its acknowledged events in the order in which it wrote them. */
  readonly writers: readonly (readonly string[])[];
  /** Events of which nobody said whether they stand. */
  readonly unknown: number;
  /** Ids in the journal's order, read when everything had ended. */
  readonly journal: readonly string[];
  /** What each reader has seen, in the order in which it saw it. */
  readonly readers: Readonly<Record<string, readonly SeenEvent[]>>;
  readonly interruptions: number;
}

/**
 * Promise 6: nothing acknowledged is missing, and every reader has seen the journal's events, each once, in its order.
 */
export function judgeOneOrder({ writers, unknown, journal, readers, interruptions }: OrderHistory): Verdict {
  const places = new Map(journal.map((id, i) => [id, i + 1]));
  const verdicts = Object.entries(readers).map(([name, seen]) => ({ name, ...faultsOf(seen, journal, places) }));
  const lost = writers.flat().filter((id) => !places.has(id)).length;
  const sum = (key: 'missing' | 'doubled' | 'outOfOrder') => verdicts.reduce((all, each) => all + each[key], 0);
  return {
    tried: journal.length,
    violations: [
      ...(journal.length > 0 && verdicts.length > 0 ? [] : ['nobody wrote or nobody read: this run shows nothing']),
      ...told(lost, 'acknowledged events are missing from the journal'),
      ...told(turnedAround(writers, places), 'events of one writer stand in another order than it wrote them'),
      ...verdicts.flatMap(({ name, missing, doubled, outOfOrder, foreign }) => [
        ...told(missing, `events were never seen by ${name}`),
        ...told(doubled, `events were seen more than once by ${name}`),
        ...told(outOfOrder, `events were seen out of order by ${name}`),
        ...told(foreign, `events that are not in the journal were seen by ${name}`),
      ]),
    ],
    details: {
      writers: writers.length,
      readers: verdicts.length,
      interruptions,
      unknown,
      missing: sum('missing'),
      doubled: sum('doubled'),
      outOfOrder: sum('outOfOrder'),
    },
  };
}

const told = (count: number, what: string): readonly string[] => (count === 0 ? [] : [`${count} ${what}`]);

type Places = ReadonlyMap<string, number>;

/**
 * An event is out of order where its ordinal is not its place in the journal, or where it is seen before an earlier
 * one.
 */
function faultsOf(seen: readonly SeenEvent[], journal: readonly string[], places: Places) {
  const once = new Set<string>();
  let [doubled, outOfOrder, foreign, last] = [0, 0, 0, 0];
  for (const { ordinal, id } of seen) {
    const place = places.get(id);
    if (place === undefined) foreign++;
    else if (once.has(id)) doubled++;
    else if (place !== ordinal || place < last) outOfOrder++;
    once.add(id);
    last = Math.max(last, place ?? 0);
  }
  return { doubled, outOfOrder, foreign, missing: journal.filter((id) => !once.has(id)).length };
}

function turnedAround(writers: OrderHistory['writers'], places: Places): number {
  const order = writers.map((ids) => ids.flatMap((id) => places.get(id) ?? []));
  return order.flatMap((own) => own.filter((place, i) => place < (own[i - 1] ?? 0))).length;
}
