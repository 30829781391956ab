/** What a batch of accesses brings to light: the findings it starts, and how those that are open now stand. */
import type { FindingId, Reference } from '@keytrail/contracts';
import type { Obtained } from './access.js';
import type { SecretWindows, Turn } from './window.js';

/** A finding that has been started by the access `of`. */
export interface Raised {
  readonly of: Obtained;
  readonly turn: Extract<Turn, { readonly type: 'started' }>;
}

/** Of a finding; epoch milliseconds. `endedAt` is null while its episode is open. */
export interface EpisodeStanding {
  readonly openUntil: number;
  readonly endedAt: number | null;
}

export interface Detection {
  readonly raised: readonly Raised[];
  /** Of every finding that was started, ended or is open now. */
  readonly standings: ReadonlyMap<FindingId, EpisodeStanding>;
  /** The latest access now, in epoch milliseconds. */
  readonly newest: number;
  /** How many accesses arrived too late to be judged by one rule at least. */
  readonly late: number;
}

export interface Detecting {
  /** In the order of the log. */
  readonly accesses: readonly Obtained[];
  /** Of every secret among them; they are changed. */
  readonly windows: ReadonlyMap<Reference, SecretWindows>;
  /** The latest access before these, in epoch milliseconds. */
  readonly newest: number;
  readonly mint: () => FindingId;
}

export function detect({ accesses, windows, newest: newestBefore, mint }: Detecting): Detection {
  const raised: Raised[] = [];
  const standings = new Map<FindingId, EpisodeStanding>();
  let [newest, late] = [newestBefore, 0];
  for (const of of accesses) {
    newest = Math.max(newest, of.at);
    const observed = (windows.get(of.subject) as SecretWindows).observe({ at: of.at, newest }, mint);
    if (observed.late.length > 0) late++;
    for (const turn of observed.turns) {
      if (turn.type === 'started') raised.push({ of, turn });
      else standings.set(turn.finding, { openUntil: turn.endedAt, endedAt: turn.endedAt });
    }
  }
  for (const each of windows.values())
    for (const { finding, openUntil } of each.open()) standings.set(finding, { openUntil, endedAt: null });
  return { raised, standings, newest, late };
}
