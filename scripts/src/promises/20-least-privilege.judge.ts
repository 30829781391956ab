/** Judges what everybody was let do against what is written down that they may. */
import { countsOf } from './counts.js';
import type { Verdict } from './proof.js';

/** Of people by their roles, of Keytrail's own processes, of tokens by their scopes, of logins, of keys on the bus. */
export const PARTS = ['roles', 'processes', 'scopes', 'databases', 'bus'] as const;
export type Part = (typeof PARTS)[number];

/** One question, and what the document says to it. No two have the same `who` and `what`. */
export interface Cell {
  readonly part: Part;
  readonly who: string;
  /** What is asked, where and by which road. */
  readonly what: string;
  readonly allowed: boolean;
}

export interface AskedCell extends Cell {
  /** A code of ours or `ok`; of PostgreSQL an SQLSTATE or `done`; of the bus `forbidden` or `answered`. */
  readonly said: string;
}

export interface LeastPrivilegeHistory {
  /** How many cells each part has. */
  readonly planned: Readonly<Record<Part, number>>;
  readonly asked: readonly AskedCell[];
}

/** `undecided`: who may and who may not would have been told the same. */
export type Outcome = 'allowed' | 'denied' | 'undecided';

/** Promise 20: every cell was asked, none was allowed that should not be, and none denied that should be allowed. */
export function judgeLeastPrivilege({ planned, asked }: LeastPrivilegeHistory): Verdict {
  const judged = asked.map((cell) => ({ ...cell, outcome: outcomeOf(cell) }));
  const wrong = (outcome: Outcome, allowed: boolean) =>
    judged.filter((cell) => cell.outcome === outcome && cell.allowed === allowed);
  const [allows, denials] = [wrong('allowed', false), wrong('denied', true)];
  const undecided = judged.filter(({ outcome }) => outcome === 'undecided');
  const tell = (words: string) => (cell: AskedCell) => `${cell.who} ${words} ${cell.what}: ${cell.said}`;
  return {
    tried: asked.length,
    violations: [
      ...allows.map(tell('may not and was let')),
      ...denials.map(tell('may and was denied')),
      ...undecided.map(tell('was neither let nor denied')),
      ...PARTS.flatMap((part) => missingOf(part, planned[part], judged)),
    ],
    details: {
      unexpectedAllows: allows.length,
      unexpectedDenials: denials.length,
      undecided: undecided.length,
      allowed: judged.filter(({ outcome }) => outcome === 'allowed').length,
      denied: judged.filter(({ outcome }) => outcome === 'denied').length,
      asked: Object.fromEntries(countsOf(asked.map(({ part }) => part))),
      said: Object.fromEntries(countsOf(asked.map(({ said }) => said))),
    },
  };
}

/** Where all is denied nothing may work, and where all is allowed nobody is looked at: neither shows anything. */
function missingOf(
  part: Part,
  planned: number,
  judged: readonly (Cell & { readonly outcome: Outcome })[],
): readonly string[] {
  const cells = judged.filter((cell) => cell.part === part);
  const different = new Set(cells.map(({ who, what }) => JSON.stringify([who, what]))).size;
  const outcomes = new Set(cells.map(({ outcome }) => outcome));
  return [
    ...(planned > 0 && different === planned ? [] : [`of ${part} ${different} of ${planned} cells were asked`]),
    ...(['allowed', 'denied'] as const)
      .filter((outcome) => !outcomes.has(outcome))
      .map((outcome) => `of ${part} nothing was ${outcome}: this run shows nothing`),
  ];
}

const byCode = (said: string): Outcome => {
  if (/^(access\.denied|secret\.unavailable|(secret|principal)\.quarantined)$/.test(said)) return 'denied';
  if (/^(request|service|journal|auth|key)\./.test(said)) return 'undecided';
  return said === 'ok' || /^[a-z]+\.[a-z_]+$/.test(said) ? 'allowed' : 'undecided';
};

/**
 * Insufficient privilege; or done, or refused for what is looked at only once it may be done: constraints, data, what
 * depends on it.
 */
const bySqlState = (said: string): Outcome => {
  if (said === '42501') return 'denied';
  return /^(done|2[23]\w{3}|2BP01|0A000)$/.test(said) ? 'allowed' : 'undecided';
};

const byEcho = (said: string): Outcome =>
  said === 'forbidden' ? 'denied' : said === 'answered' ? 'allowed' : 'undecided';

const OUTCOMES = {
  roles: byCode,
  processes: byCode,
  scopes: byCode,
  databases: bySqlState,
  bus: byEcho,
} as const satisfies Record<Part, (said: string) => Outcome>;

export const outcomeOf = ({ part, said }: Pick<AskedCell, 'part' | 'said'>): Outcome => OUTCOMES[part](said);
