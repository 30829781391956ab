/** The judge of the detector: a whole log counted from the sentences over `SecretWindows`, plainly and slowly. */
import type { AnomalyRule } from '@keytrail/contracts';
import type { RateRule } from './window.js';

export interface LoggedAccess {
  readonly reference: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What has to be found: that the access at `index` of the log broke a rule, being one of `count`. */
export interface Recounted {
  readonly index: number;
  readonly reference: string;
  readonly rule: AnomalyRule;
  readonly count: number;
}

const SLACK_MS = 5_000;

/** In the order of the log. Quadratic in the number of accesses to one secret: 100,000 take some ten seconds. */
export function recount(log: readonly LoggedAccess[], rules: readonly RateRule[]): readonly Recounted[] {
  let newest = -Infinity;
  const entries = log.map(({ reference, at }, index) => {
    newest = Math.max(newest, at);
    return { reference, at, index, newest };
  });
  const perSecret = Map.groupBy(entries, ({ reference }) => reference);
  const found = [...perSecret.values()].flatMap((ofSecret) => rules.flatMap((rule) => recountOne(ofSecret, rule)));
  return found.toSorted((a, b) => a.index - b.index);
}

type Entry = LoggedAccess & { readonly index: number; readonly newest: number };

function recountOne(entries: readonly Entry[], { rule, windowSeconds, threshold }: RateRule): Recounted[] {
  const found: Recounted[] = [];
  const times = entries.map(({ at }) => at);
  const windowMs = windowSeconds * 1_000;
  let [isOpen, endedAt, latest] = [false, -Infinity, -Infinity];
  entries.forEach(({ reference, at, index, newest }, i) => {
    const isLatest = at >= latest;
    latest = Math.max(latest, at);
    const oldest = newest - windowMs - SLACK_MS;
    if (at < oldest) return;
    let count = 0;
    for (let j = 0; j <= i; j++) {
      const t = times[j] as number;
      if (t > at - windowMs && t <= at && t >= oldest) count++;
    }
    if (count > threshold && !isOpen && at >= endedAt) {
      isOpen = true;
      found.push({ index, reference, rule, count });
    } else if (count <= threshold && isOpen && isLatest) {
      isOpen = false;
      endedAt = at;
    }
  });
  return found;
}
