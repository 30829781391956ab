/** The kernel: load, fold, decide, append at the revision read; decide afresh on a conflict. */
import type { Decider, Rejection } from './decider.js';
import { fold } from './decider.js';
import type { CommandIdentity, Commit, DomainEvent, Journal, Recorded, RequestFacts } from './journal.js';

const ATTEMPTS = 3;
/** Whom an access is taken from must not be able to outrun that. */
const WITHDRAWAL_ATTEMPTS = 32;

/** Which stream is changed, for whom, and the revision that the caller insists on. */
export interface Target {
  readonly stream: string;
  readonly aggregate: string;
  readonly subject: string;
  readonly facts: RequestFacts;
  readonly expectedRevision?: number;
}

/** The facts that the shell gathers for one attempt: the command, and rows that must commit with its events. */
export interface Gathered<C, E extends DomainEvent, Tx> {
  readonly command: C;
  readonly alongside?: Commit<E, Tx>['alongside'];
}

export type ExecuteRejection = Rejection<'conflict' | 'command_id_reused'>;

/** `history` ends with the events of this command; a repeated command has the history of its first time. */
export type Executed<E extends DomainEvent, R> =
  | { readonly ok: true; readonly history: readonly Recorded<E>[] }
  | { readonly ok: false; readonly rejection: R | ExecuteRejection };

/**
 * Runs a command against its stream. A command id that stands in the stream already, from the same principal, answers
 * what it answered the first time and adds nothing. Faults of the journal are thrown, and what the renewal of a permit
 * rejects with.
 */
export function execute<S, C, E extends DomainEvent, R, Tx>(decider: Decider<S, C, E, R>, journal: Journal<Tx>) {
  return async (
    target: Target,
    gather: (state: S, history: readonly Recorded<E>[]) => Gathered<C, E, Tx> | Promise<Gathered<C, E, Tx>>,
  ): Promise<Executed<E, R>> => {
    let { facts } = target;
    for (let attempt = 1; ; attempt++) {
      const history = await journal.load<E>(target.stream);
      const earlier = earlierOutcome(history, facts);
      if (earlier) return earlier;
      if ((target.expectedRevision ?? history.length) !== history.length) return conflict;
      const state = fold(
        decider,
        history.map(({ event }) => event),
      );
      const { command, alongside } = await gather(state, history);
      const decision = decider.decide(command, state);
      if (!decision.ok) return decision;
      if (decision.events.length === 0) return { ok: true, history };
      const { events } = decision;
      const withdraws = events.some((event) => decider.withdraws(event));
      const commit = {
        ...target,
        facts,
        expectedRevision: history.length,
        events,
        withdraws,
        ...(alongside && { alongside }),
      };
      const outcome = await journal.append<E>(commit);
      if (outcome.status === 'committed') return { ok: true, history: [...history, ...outcome.recorded] };
      if (attempt === (withdraws ? WITHDRAWAL_ATTEMPTS : ATTEMPTS)) return conflict;
      if (outcome.status === 'stale' && facts.permit) facts = { ...facts, permit: await facts.permit.renew() };
    }
  };
}

const conflict = {
  ok: false,
  rejection: { code: 'conflict', message: 'it has changed meanwhile: read it again, then decide again' },
} as const;

const reused = {
  ok: false,
  rejection: {
    code: 'command_id_reused',
    message: 'this command id was used for a different change: choose a new one',
  },
} as const;

function earlierOutcome<E extends DomainEvent>(history: readonly Recorded<E>[], { command, principal }: RequestFacts) {
  if (command === undefined) return null;
  const last = history.findLastIndex((past) => past.command?.id === command.id && past.principal === principal);
  if (last === -1) return null;
  return isSame(history[last]?.command, command)
    ? ({ ok: true, history: history.slice(0, last + 1) } as const)
    : reused;
}

function isSame(past: CommandIdentity | undefined, command: CommandIdentity): boolean {
  return past?.digest === command.digest;
}
