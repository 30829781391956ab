/** Given what has happened, when a command comes, then facts or a rejection: how rule specs are written. */
import type { Decider, Decision } from './decider.js';
import { fold } from './decider.js';

/** `given(decider, ...past).when(command)` answers the decision; `.state` is the fold of the past. */
export function given<S, C, E, R>(decider: Decider<S, C, E, R>, ...past: readonly E[]) {
  const state = fold(decider, past);
  return { state, when: (command: C): Decision<E, R> => decider.decide(command, state) };
}
