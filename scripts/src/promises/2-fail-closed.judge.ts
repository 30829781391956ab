/** Judges what came out of the vault while its database could not keep an event. */
import type { Verdict } from './proof.js';
import { countsOf } from './counts.js';

/** What a request was answered; `code` is null where the value was released. */
export interface Refusal {
  readonly code: string | null;
  /** Whether the answer came before the caller's deadline. */
  readonly inTime: boolean;
}

/** One fault, from its beginning to its cure. */
export interface FaultRecord {
  readonly fault: string;
  readonly requests: readonly Refusal[];
  /** What became of a vault that was started meanwhile; null where none was. */
  readonly start: 'started' | 'refused with the reason' | 'refused without the reason' | null;
  /** Whether values were released after the cure, without a restart. */
  readonly recovered: boolean;
  /** Why this machine could not bring the fault about; null where it did. */
  readonly skipped: string | null;
}

/** Refusals that tell a caller that the world is at fault and that it may ask again. */
const CLEAR = new Set([
  'journal.unavailable',
  'service.unavailable',
  'service.overloaded',
  'request.deadline_exceeded',
]);

/**
 * Promise 2: nothing released, each refused in time and with a clear code, no start with unsafe settings, no lasting
 * harm.
 */
export function judgeFailClosed(records: readonly FaultRecord[]): Verdict {
  const suffered = records.filter(({ skipped }) => skipped === null);
  const tried = suffered.flatMap(({ requests }) => requests).length;
  const codes = suffered.map(({ fault, requests }) => {
    const counts = countsOf(requests.map(({ code }) => code ?? 'released'));
    return [fault, Object.fromEntries(counts)] as const;
  });
  const skipped = records.flatMap(({ fault, skipped: why }) => (why === null ? [] : [`${fault}: ${why}`]));
  return {
    tried,
    violations: [
      ...(tried > 0 ? [] : ['nothing was asked for at all: this run shows nothing']),
      ...suffered.flatMap(brokenBy),
    ],
    details: {
      released: suffered.flatMap(({ requests }) => requests).filter(isRelease).length,
      startsRefused: suffered.filter(({ start }) => start === 'refused with the reason').length,
      codes: Object.fromEntries(codes),
      skipped,
    },
  };
}

const isRelease = ({ code }: Refusal) => code === null;

function brokenBy({ fault, requests, start, recovered }: FaultRecord): readonly string[] {
  const answers = requests.flatMap(({ code, inTime }) => [
    ...(code === null ? [`${fault}: a value was released`] : []),
    ...(code === null || CLEAR.has(code) ? [] : [`${fault}: a request was refused with ${code}`]),
    ...(inTime ? [] : [`${fault}: a request was answered after its deadline`]),
  ]);
  return [
    ...answers,
    ...(start === 'started' ? [`${fault}: a vault has started`] : []),
    ...(start === 'refused without the reason' ? [`${fault}: a vault did not say why it refuses to start`] : []),
    ...(recovered ? [] : [`${fault}: values are not released after the cure`]),
  ];
}
