/**
 * How often one secret is obtained: sliding windows over one line of stamps, and the episodes in which a rule is
 * broken.
 */
import type { AnomalyRule, FindingId } from '@keytrail/contracts';
import { Stamps } from './stamps.js';

/** A rule is broken by more than `threshold` accesses within its window. */
export interface RateRule {
  readonly rule: AnomalyRule;
  readonly windowSeconds: number;
  readonly threshold: number;
}

/** How much longer than its window a stamp is kept, for what arrives out of order. */
const SLACK_MS = 5_000;

/**
 * The latest episode of a rule: `finding` while it is open; when the last one that is over ended, -Infinity for never.
 */
export interface Episode {
  readonly finding: FindingId | null;
  readonly endedAt: number;
}

/** An episode starts, at an access that is one of `count`, or ends at `endedAt` (epoch milliseconds). */
export type Turn =
  | { readonly type: 'started'; readonly rule: RateRule; readonly finding: FindingId; readonly count: number }
  | { readonly type: 'ended'; readonly rule: RateRule; readonly finding: FindingId; readonly endedAt: number };

export interface Observation {
  readonly turns: readonly Turn[];
  /** The rules for which the access arrived too late to be judged. */
  readonly late: readonly RateRule[];
}

export interface Access {
  /** Epoch milliseconds. */
  readonly at: number;
  /** The latest time of any access to any secret so far in the order of the log, this one included. */
  readonly newest: number;
}

/** What there is to know of a secret's windows, so that they can go on. */
export interface KnownWindows {
  readonly stamps: Stamps;
  /** What is older has been dropped; epoch milliseconds. */
  readonly keptFrom: number;
  readonly episodes: Iterable<readonly [AnomalyRule, Episode]>;
}

const NEVER: Episode = { finding: null, endedAt: -Infinity };

const windowMs = ({ windowSeconds }: RateRule): number => windowSeconds * 1_000;

/** What is older has no part in any window; `newest` is the latest access so far. Epoch milliseconds. */
export const horizonOf = (rules: readonly RateRule[], newest: number): number =>
  newest - Math.max(...rules.map(windowMs)) - SLACK_MS;

/**
 * The windows of one secret. For a rule with window W and each access i, in the order of the log:
 *
 * - Access i counts the accesses j <= i with t in (t_i - W, t_i] whose stamps are kept: those no older than
 *   newest - W - 5 s.
 * - An access that is itself older than newest - W - 5 s is late: it starts and ends nothing, and only a longer window
 *   counts it.
 * - An episode starts at an access that counts more than the threshold while none is open, unless the access is older
 * than
 *   the end of the episode before.
 * - It ends at the first access that counts no more than the threshold and is not older than any access before it.
 *
 * So an access that arrives out of order can start an episode but neither end one nor start again what is over, and of
 * a
 * steady rate just above the threshold there is one finding, not one an access.
 *
 * While the episodes of all rules are open, no more is kept than the latest stamps, one more than the highest
 * threshold:
 * an access that ends an episode counts fewer, so what is dropped is neither in its window nor in a later one that may
 * start another. Where times ascend, a secret has therefore fewer than 700,000 stamps under the rules of the contract.
 */
export class SecretWindows {
  private readonly stamps: Stamps;
  private readonly episodes: Map<AnomalyRule, Episode>;
  private dropped: number;

  constructor(
    private readonly rules: readonly RateRule[],
    known: KnownWindows = { stamps: new Stamps(), keptFrom: -Infinity, episodes: [] },
  ) {
    this.stamps = known.stamps;
    this.episodes = new Map(known.episodes);
    this.dropped = known.keptFrom;
  }

  /** What is older has been dropped, or never was. */
  get keptFrom(): number {
    return this.dropped;
  }

  /** What the memory that this takes grows with. */
  get size(): number {
    return this.stamps.size;
  }

  /** Counts an access; `mint` names the findings that it starts. */
  observe({ at, newest }: Access, mint: () => FindingId): Observation {
    const isLatest = at >= this.stamps.latest;
    this.dropBefore(horizonOf(this.rules, newest));
    if (at >= this.dropped) this.stamps.add(at);
    const turns: Turn[] = [];
    const late: RateRule[] = [];
    for (const rule of this.rules) {
      const oldest = horizonOf([rule], newest);
      if (at < oldest) {
        late.push(rule);
        continue;
      }
      const count = this.stamps.countIn(Math.max(at - windowMs(rule), oldest - 1), at);
      const { finding, endedAt } = this.episodeOf(rule);
      const isBroken = count > rule.threshold;
      if (isBroken && finding === null && at >= endedAt) turns.push({ type: 'started', rule, finding: mint(), count });
      if (!isBroken && finding !== null && isLatest) turns.push({ type: 'ended', rule, finding, endedAt: at });
    }
    for (const turn of turns) this.take(turn);
    this.dropNeedless();
    return { turns, late };
  }

  /** The open episodes, and when each is over unless there are further accesses: when its count is at the threshold. */
  open(): readonly { readonly finding: FindingId; readonly openUntil: number }[] {
    return this.rules.flatMap((rule) => {
      const { finding } = this.episodeOf(rule);
      if (finding === null) return [];
      return [{ finding, openUntil: (this.stamps.nthLatest(rule.threshold + 1) ?? this.dropped) + windowMs(rule) }];
    });
  }

  private episodeOf({ rule }: RateRule): Episode {
    return this.episodes.get(rule) ?? NEVER;
  }

  private take(turn: Turn): void {
    const { endedAt } = turn.type === 'ended' ? turn : this.episodeOf(turn.rule);
    this.episodes.set(turn.rule.rule, { finding: turn.type === 'started' ? turn.finding : null, endedAt });
  }

  private dropNeedless(): void {
    if (this.rules.some((rule) => this.episodeOf(rule).finding === null)) return;
    const enough = Math.max(...this.rules.map(({ threshold }) => threshold)) + 1;
    this.dropBefore(this.stamps.nthLatest(enough) ?? this.dropped);
  }

  private dropBefore(at: number): void {
    if (at <= this.dropped) return;
    this.dropped = at;
    this.stamps.dropBefore(at);
  }
}
