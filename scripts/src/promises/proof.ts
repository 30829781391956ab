/** What proves a promise: a run that leaves a history, and a judge who reads it and knows nothing else. */
import type { Seeded } from './seeded.js';
import type { TriedSystem } from './tried-system.js';

/** What a judge has found. The same history is judged alike for ever. */
export interface Verdict {
  /** How often the promise was put to the test. */
  readonly tried: number;
  /** One sentence for each time that it was broken. */
  readonly violations: readonly string[];
  /** Figures beside it, such as outcomes that nobody can know. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** One promise of PROMISES.md, judged on a history. */
export interface Claim<H> {
  readonly promise: number;
  readonly name: string;
  /** So many tries make a full proof. */
  readonly fullScale: number;
  readonly judge: (history: H) => Verdict;
}

/** A judged promise. */
export interface Finding extends Verdict {
  readonly claim: Omit<Claim<never>, 'judge'>;
}

/** One run that proves one promise or several; they share its full scale. */
export interface Proof {
  readonly claims: readonly Omit<Claim<never>, 'judge'>[];
  /** Throws where the run could not be carried to its end, and then nothing is proven. */
  readonly prove: (scene: Scene) => Promise<readonly Finding[]>;
}

/** Where a proof is run. */
export interface Scene {
  /** So many tries at least. */
  readonly tries: number;
  /** The same for the same seed and promise, whatever else is proven beside it. */
  readonly random: Seeded;
  /**
   * Runs until the command ends and is shared by its proofs: each keeps to a workspace of its own and leaves it
   * healthy.
   */
  readonly system: () => Promise<TriedSystem>;
  /** A path in a private folder that is deleted in the end. */
  readonly folder: (name: string) => string;
  /** Takes one line for a person. */
  readonly say: (line: string) => void;
  /** Ends the run early. */
  readonly signal: AbortSignal;
}

/** Joins a run to the judges of its history. */
export function proof<H>(claims: readonly Claim<H>[], run: (scene: Scene) => Promise<H>): Proof {
  return {
    claims,
    prove: async (scene) => {
      const history = await run(scene);
      return claims.map((claim) => ({ claim, ...claim.judge(history) }));
    },
  };
}
