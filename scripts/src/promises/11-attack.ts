/** What an attack of promise 11 is, and what comes of one. */
import type { Echo } from '@keytrail/nats/drill';
import type { Cast } from './11-cast.js';
import type { Present } from './presence.js';
import { IMPATIENCE_MS, saidInClear, type SessionByHand, type Signed } from './session-by-hand.js';

export interface Outcome {
  /** A code, or what came in its place. */
  readonly said: string;
  /** Whether it got what it was after. */
  readonly accepted: boolean;
  /** A subject on which nobody may have been made to say anything, in the end. */
  readonly trap?: string;
}

/** The surroundings of one attempt. */
export interface Attempt {
  readonly cast: Cast;
  /** The attacker. */
  readonly mallory: Present;
  readonly victim: Present;
  /** Of this attempt and no other. */
  readonly requestId: string;
}

export type Attack = (attempt: Attempt) => Promise<Outcome>;

/** Attacks by what is done. */
export type Attacks = Readonly<Record<string, Attack>>;

/** Sends a request on the attacker's connection and reads what comes back, sealed or in clear. */
export async function send({ mallory }: Attempt, session: SessionByHand, signed: Signed): Promise<Outcome> {
  const echo = await mallory.attacker.ask(signed.message, IMPATIENCE_MS);
  return outcomeOf(echo, session, signed);
}

export function outcomeOf(echo: Echo, session: SessionByHand, signed: Signed): Outcome {
  const sealed = session.open(echo, signed);
  const said = sealed === null ? saidInClear(echo) : sealed.ok ? 'ok' : sealed.error.code;
  return { said, accepted: said === 'ok' };
}
