/** Judges withdrawals under load: what was released, against when it was withdrawn, in time and in the journal. */
import { countsOf } from './counts.js';
import type { Verdict } from './proof.js';

/** Milliseconds of the one clock that all of a run is timed by. */
export interface Span {
  readonly begunMs: number;
  readonly endedMs: number;
}

/** An attempt to obtain the value, with its answer. `outcome` is null where nobody knows what became of it. */
export interface Attempt extends Span {
  readonly requestId: string;
  readonly outcome: 'released' | 'denied' | null;
}

/** A change that was acknowledged. */
export interface Turn extends Span {
  readonly commandId: string;
}

/** One right, used without a pause while it is withdrawn and, where that can be, given back. */
export interface Episode {
  readonly kind: string;
  readonly attempts: readonly Attempt[];
  readonly withdrawal: Turn;
  /** Null where what was withdrawn never comes back. */
  readonly restoration: Turn | null;
}

/** An event, as far as it matters here. */
export interface Told {
  readonly type: string;
  readonly requestId: string;
  readonly commandId: string | null;
}

export interface WithdrawalHistory {
  /** What can be withdrawn, each of which has to be. */
  readonly kinds: readonly string[];
  readonly episodes: readonly Episode[];
  /** In the order in which it is relayed. */
  readonly journal: readonly Told[];
  /** So many secrets a grant covers that is withdrawn here. */
  readonly secretsUnderAGrant: number;
}

/** Promise 16: it is withdrawn on every replica from the answer on, and in the journal from its event on. */
export function judgeWithdrawals({ kinds, episodes, journal, secretsUnderAGrant }: WithdrawalHistory): Verdict {
  const places = placesOf(journal);
  const seen = countsOf(episodes.map(({ kind }) => kind));
  const attempts = episodes.flatMap((episode) => episode.attempts);
  const outcomes = countsOf(attempts.map(({ outcome }) => outcome ?? 'unknown'));
  return {
    tried: attempts.length,
    violations: [
      ...kinds.filter((kind) => !seen.has(kind)).map((kind) => `${kind}: never withdrawn, so nothing is shown of it`),
      ...episodes.flatMap((episode) => [
        ...judgeTimes(episode),
        ...judgeOrder(episode, places),
        ...judgeWorth(episode),
      ]),
    ],
    details: {
      withdrawals: episodes.length,
      withdrawalsOf: Object.fromEntries(seen),
      restorations: episodes.filter(({ restoration }) => restoration !== null).length,
      released: outcomes.get('released') ?? 0,
      denied: outcomes.get('denied') ?? 0,
      unknown: outcomes.get('unknown') ?? 0,
      secretsUnderAGrant,
      millisecondsToWithdraw: spreadOf(episodes),
      slowest: slowestOf(episodes).map(({ kind }) => kind),
    },
  };
}

/** No release is begun after the answer; no denial before the withdrawal, or after it has been taken back. */
function judgeTimes({ kind, attempts, withdrawal, restoration }: Episode): readonly string[] {
  const isBefore = (one: Span, other: Span) => one.endedMs < other.begunMs;
  return attempts.flatMap((attempt) => {
    const { requestId, outcome } = attempt;
    const isWithdrawn = isBefore(withdrawal, attempt) && (restoration === null || isBefore(attempt, restoration));
    const isGiven = isBefore(attempt, withdrawal) || (restoration !== null && isBefore(restoration, attempt));
    if (outcome === 'released' && isWithdrawn) {
      const laterMs = Math.round(attempt.begunMs - withdrawal.endedMs);
      return [`${kind}: request ${requestId} was begun ${laterMs} ms after the withdrawal’s answer, and released`];
    }
    if (outcome !== 'denied' || !isGiven) return [];
    const when = isBefore(attempt, withdrawal) ? 'before the withdrawal' : 'after it was given back';
    return [`${kind}: request ${requestId} was denied ${when}`];
  });
}

interface Places {
  readonly releases: ReadonlyMap<string, number>;
  readonly turns: ReadonlyMap<string, number>;
}

/** Where in the journal's order the releases stand, by request, and the changes, by command. */
function placesOf(journal: readonly Told[]): Places {
  const [releases, turns] = [new Map<string, number>(), new Map<string, number>()];
  for (const [place, { type, requestId, commandId }] of journal.entries()) {
    if (type === 'SecretDecrypted') releases.set(requestId, place);
    if (commandId !== null) turns.set(commandId, place);
  }
  return { releases, turns };
}

/** In the journal no release stands behind the withdrawal, whatever its caller was told. */
function judgeOrder(
  { kind, attempts, withdrawal, restoration }: Episode,
  { releases, turns }: Places,
): readonly string[] {
  const withdrawn = turns.get(withdrawal.commandId);
  const restored = restoration === null ? Infinity : turns.get(restoration.commandId);
  if (withdrawn === undefined || restored === undefined)
    return [`${kind}: what was acknowledged as ${withdrawal.commandId} is missing from the journal`];
  return attempts.flatMap(({ requestId, outcome }) => {
    const place = releases.get(requestId);
    if (place === undefined)
      return outcome === 'released' ? [`${kind}: request ${requestId} was released without an event`] : [];
    if (place < withdrawn || place > restored) return [];
    return [`${kind}: the release to request ${requestId} stands behind the withdrawal in the journal`];
  });
}

/** An episode shows something where there were releases before it and attempts after it. */
function judgeWorth({ kind, attempts, withdrawal }: Episode): readonly string[] {
  const before = attempts.some(({ outcome, endedMs }) => outcome === 'released' && endedMs < withdrawal.begunMs);
  const after = attempts.some(({ outcome, begunMs }) => outcome !== null && begunMs > withdrawal.endedMs);
  return before && after ? [] : [`${kind}: nothing was released before ${withdrawal.commandId}, or asked after it`];
}

const tookMs = ({ withdrawal: { begunMs, endedMs } }: Episode): number => endedMs - begunMs;

function spreadOf(episodes: readonly Episode[]): Readonly<Record<string, number>> {
  const sorted = episodes.map(tookMs).toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  const rounded = (ms: number) => Math.round(ms * 10) / 10;
  return { p50: rounded(at(0.5)), p99: rounded(at(0.99)), max: rounded(at(1)) };
}

const SLOWEST = 5;

const slowestOf = (episodes: readonly Episode[]) =>
  episodes.toSorted((a, b) => tookMs(b) - tookMs(a)).slice(0, SLOWEST);
