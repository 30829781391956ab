/** Judges a run of kills: what callers hold against what the journal and the audit say. */
import { countsOf } from './counts.js';
import type { Told } from './load.js';
import type { Verdict } from './proof.js';
import type { JournalRow } from './records.js';

export interface KillHistory extends Told {
  /** What was killed, in order. */
  readonly killed: readonly string[];
  /** Command ids of acknowledged changes whose value was obtained in the end, as it was stored. */
  readonly obtained: ReadonlySet<string>;
  /** The workspace's events after the run. */
  readonly journal: readonly Pick<JournalRow, 'id' | 'position' | 'digest' | 'type' | 'commandId'>[];
  /** Ids of the workspace's events in the audit, repetitions included. */
  readonly audit: readonly string[];
}

/**
 * Promise 1: each plaintext in a caller's hands has an event of its own, the one in its receipt, in journal and audit.
 */
export function judgeReleases({ killed, held, unserved, journal, audit }: KillHistory): Verdict {
  const rows = new Map(journal.map((row) => [row.id, row]));
  const audited = countsOf(audit);
  const receipts = countsOf(held.map(({ eventId }) => eventId));
  const violations = held.flatMap(({ eventId, position, digest }) => {
    const row = rows.get(eventId);
    if (row === undefined) return [`a plaintext is held, but its event ${eventId} is not in the journal`];
    const found = audited.get(eventId) ?? 0;
    return [
      ...(row.type === 'SecretDecrypted' ? [] : [`the receipt of a plaintext names a ${row.type}, event ${eventId}`]),
      ...(row.position === position
        ? []
        : [`event ${eventId} stands at ${row.position}, its receipt says ${position}`]),
      ...(row.digest === digest ? [] : [`event ${eventId} is not the one of its receipt: the digests differ`]),
      ...(found === 1 ? [] : [`event ${eventId} of a plaintext stands ${found} times in the audit`]),
    ];
  });
  const shared = [...receipts].filter(([, times]) => times > 1);
  return {
    tried: killed.length,
    violations: [
      ...(held.length > 0 ? [] : ['no plaintext was released at all: this run shows nothing']),
      ...violations,
      ...shared.map(([eventId, times]) => `${times} plaintexts were released on one event, ${eventId}`),
    ],
    details: { killed: Object.fromEntries(countsOf(killed)), plaintextsHeld: held.length, unserved },
  };
}

/**
 * Promise 3: each acknowledged change has its event, once, in journal and audit, and its value is obtained as it was
 * stored.
 */
export function judgeAcknowledged({ killed, changes, held, denied, obtained, journal, audit }: KillHistory): Verdict {
  const events = new Map<string, string[]>();
  for (const { id, commandId } of journal)
    if (commandId !== null) events.set(commandId, [...(events.get(commandId) ?? []), id]);
  const audited = countsOf(audit);
  const of = (outcome: string) => changes.filter((change) => change.outcome === outcome);
  const [acknowledged, unknown] = [of('acknowledged'), of('unknown')];
  const violations = acknowledged.flatMap(({ commandId, reference, version }) => {
    const [id, ...more] = events.get(commandId) ?? [];
    const what = `version ${version} of ${reference} (command ${commandId})`;
    if (id === undefined) return [`${what} was acknowledged and is missing from the journal`];
    return [
      ...(more.length === 0 ? [] : [`${what} stands ${more.length + 1} times in the journal`]),
      ...(audited.get(id) === 1 ? [] : [`${what} stands ${audited.get(id) ?? 0} times in the audit`]),
      ...(obtained.has(commandId) ? [] : [`${what} was acknowledged, and its value is not obtained`]),
    ];
  });
  const unknownStanding = unknown.filter(({ commandId }) => events.has(commandId)).length;
  return {
    tried: killed.length,
    violations: [
      ...(acknowledged.length > 0 ? [] : ['no change was acknowledged at all: this run shows nothing']),
      ...violations,
      ...of('refused').map(({ commandId, code }) => `command ${commandId} was refused with ${code}`),
      ...denied.map((told) => `a stored value was denied: ${told}`),
      ...held.filter(({ intact }) => !intact).map(({ reference }) => `${reference} was obtained with another value`),
    ],
    details: {
      acknowledged: acknowledged.length,
      unknown: unknown.length,
      unknownStanding,
      unknownAbsent: unknown.length - unknownStanding,
    },
  };
}
