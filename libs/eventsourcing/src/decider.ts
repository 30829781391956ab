/** The heart of every aggregate: what may happen, and what has happened, as two pure functions. */

/** What the rules say to a command: facts to record (none where it changes nothing), or a rejection. */
export type Decision<E, R> =
  { readonly ok: true; readonly events: readonly E[] } | { readonly ok: false; readonly rejection: R };

/** All are pure and total: same input, same output, and no clock, no randomness, no reading. */
export interface Decider<S, C, E, R> {
  readonly initial: S;
  decide(command: C, state: S): Decision<E, R>;
  evolve(state: S, event: E): S;
  /** Whether this fact can take an access away: then it is recorded behind the fence. */
  withdraws(event: E): boolean;
}

/** A command that the rules refuse; `code` is stable, `message` is for a person. */
export interface Rejection<Code extends string = string> {
  readonly code: Code;
  readonly message: string;
}

export const accept = <E>(...events: readonly E[]): Decision<E, never> => ({ ok: true, events });

export const reject = <Code extends string>(code: Code, message: string): Decision<never, Rejection<Code>> => ({
  ok: false,
  rejection: { code, message },
});

/** The state after `events`, from the beginning or from `state`. */
export function fold<S, C, E, R>(decider: Decider<S, C, E, R>, events: readonly E[], state: S = decider.initial): S {
  return events.reduce((current, event) => decider.evolve(current, event), state);
}
