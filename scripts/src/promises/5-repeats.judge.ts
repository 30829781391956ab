/** Judges storms of repetitions: what each was told against what the journal says was done. */
import { countsOf } from './counts.js';
import type { Verdict } from './proof.js';
import type { JournalRow } from './records.js';

/** One change, sent again and again under one command id. */
export interface ChangeStorm {
  readonly commandId: string;
  readonly attempts: number;
  /** Attempts after which the caller did not know. */
  readonly unanswered: number;
  /** What the others were told: canonical JSON, or the code of a refusal. */
  readonly answers: readonly string[];
}

/** One access, asked for again and again; every attempt but the first says which request it repeats. */
export interface AccessStorm {
  /** Request id of the first attempt, which may have been made in an earlier storm. */
  readonly first: string;
  /** Request ids of all attempts of this storm, the first among them where it was made here. */
  readonly attempts: readonly string[];
  /** Whether the secret was revoked before this storm. */
  readonly revoked: boolean;
  /** The event in the receipt of each plaintext that was released. */
  readonly released: readonly string[];
}

export interface RepeatHistory {
  readonly changes: readonly ChangeStorm[];
  readonly accesses: readonly AccessStorm[];
  /** In the journal's order. */
  readonly journal: readonly Pick<JournalRow, 'id' | 'type' | 'requestId' | 'commandId' | 'repeatOf' | 'count'>[];
}

/** Promise 5. */
export function judgeRepeats({ changes, accesses, journal }: RepeatHistory): Verdict {
  const effects = countsOf(journal.flatMap(({ commandId }) => commandId ?? []));
  const decisions = new Map(journal.map((row) => [row.requestId, row]));
  const decided = accesses.map((storm) => ({ storm, rows: storm.attempts.flatMap((id) => decisions.get(id) ?? []) }));
  const repeated = decided.flatMap(({ storm, rows }) => rows.filter(({ requestId }) => requestId !== storm.first));
  const sum = (of: readonly number[]) => of.reduce((total, each) => total + each, 0);
  return {
    tried: changes.length + accesses.length,
    violations: [
      ...(changes.length > 0 && repeated.length > 0 ? [] : ['nothing was repeated: this run shows nothing']),
      ...changes.flatMap((storm) => brokenByChange(storm, effects.get(storm.commandId) ?? 0)),
      ...decided.flatMap(({ storm, rows }) => brokenByAccess(storm, rows)),
    ],
    details: {
      changes: changes.length,
      accesses: accesses.length,
      attempts: sum([...changes.map(({ attempts }) => attempts), ...accesses.map(({ attempts }) => attempts.length)]),
      unanswered: sum(changes.map(({ unanswered }) => unanswered)),
      doubleEffects: changes.filter(({ commandId }) => (effects.get(commandId) ?? 0) > 1).length,
      released: sum(accesses.map(({ released }) => released.length)),
      repeatedAccesses: repeated.length,
    },
  };
}

function brokenByChange({ commandId, answers }: ChangeStorm, effects: number): readonly string[] {
  const different = new Set(answers).size;
  return [
    ...(effects === 1 ? [] : [`command ${commandId} has ${effects} effects`]),
    ...(different <= 1 ? [] : [`command ${commandId} was given ${different} different answers`]),
    ...answers
      .filter((answer) => !answer.startsWith('{'))
      .map((code) => `command ${commandId} was refused with ${code}`),
  ];
}

function brokenByAccess(storm: AccessStorm, rows: RepeatHistory['journal']): readonly string[] {
  const { first, revoked, released } = storm;
  const events = new Set(rows.filter(({ type }) => type === 'SecretDecrypted').map(({ id }) => id));
  const [unknown, shared] = [released.filter((id) => !events.has(id)), released.length - new Set(released).size];
  const misnamed = rows.filter(
    ({ requestId, repeatOf, count }) => count === 1 && repeatOf !== (requestId === first ? null : first),
  );
  return [
    ...(revoked && released.length > 0 ? [`access ${first} was released after the secret was revoked`] : []),
    ...(shared === 0 ? [] : [`access ${first} was released ${shared + 1} times on one decision`]),
    ...unknown.map((id) => `access ${first} was released without an event of its own: ${id}`),
    ...misnamed.map(
      ({ id, repeatOf }) => `event ${id} of access ${first} names ${repeatOf} as the one that it repeats`,
    ),
  ];
}
