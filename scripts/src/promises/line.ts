/** What is printed of a promise that was put to the test. */
import type { Finding, Verdict } from './proof.js';

/** One line of JSON; details of the proof stand beside these. */
export interface Line {
  readonly promise: number;
  readonly name: string;
  readonly tried: number;
  readonly violations: number;
  readonly seconds: number;
  readonly seed: string;
  /** The command that runs it again. */
  readonly repeat: string;
  readonly belowFullScale?: true;
  /** The first violations in words. */
  readonly examples?: readonly string[];
  readonly [detail: string]: unknown;
}

/** What a proof has found, or why it could not be carried to its end. */
export type Outcome = { readonly found: readonly Finding[] } | { readonly brokenOff: unknown };

export interface Run {
  readonly claim: Finding['claim'];
  readonly outcome: Outcome;
  readonly seed: string;
  readonly scale: number;
  readonly seconds: number;
}

const EXAMPLES = 5;

export function lineOf({ claim, outcome, seed, scale, seconds }: Run): Line {
  const { promise, name, fullScale } = claim;
  const { tried, violations, details } = verdictOf(outcome, claim);
  return {
    promise,
    name,
    tried,
    violations: violations.length,
    seconds: Math.round(seconds * 10) / 10,
    seed,
    repeat: `npm run verify:promises -- --only ${promise} --seed ${seed} --scale ${scale}`,
    ...(tried < fullScale && { belowFullScale: true }),
    ...details,
    ...(violations.length > 0 && { examples: violations.slice(0, EXAMPLES) }),
  };
}

/** A proof that broke off has shown nothing, and that counts as a violation. */
function verdictOf(outcome: Outcome, claim: Finding['claim']): Verdict {
  const finding = 'found' in outcome ? outcome.found.find((each) => each.claim === claim) : undefined;
  if (finding !== undefined) return finding;
  const reason = 'brokenOff' in outcome ? messageOf(outcome.brokenOff) : 'nothing was said of this promise';
  return { tried: 0, violations: [`the proof broke off: ${reason}`], details: {} };
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** The line for a person. */
export function sentenceOf({
  promise,
  name,
  tried,
  violations,
  seconds,
  repeat,
  belowFullScale,
  examples = [],
}: Line): string {
  const verdict = violations === 0 ? 'kept' : `BROKEN ${violations} times`;
  const size = belowFullScale ? ' (below full scale)' : '';
  const told = examples.map((example) => `\n     ${example}`).join('');
  return `${String(promise).padStart(2)}  ${verdict}: ${name}; ${tried} tried${size}, ${seconds} s${told}${violations > 0 ? `\n     again: ${repeat}` : ''}`;
}
