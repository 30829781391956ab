/** What a forgery of promise 12 is, and what comes of one. */
import type { DecryptReply, RpcReply } from '@keytrail/contracts';
import type { Echo } from '@keytrail/nats/drill';
import { type Cast, REFERENCE, WORKSPACE } from './12-cast.js';
import type { Middleman } from './12-middleman.js';
import type { Present } from './presence.js';
import { type Ask, PATIENCE_MS, saidInClear, type SessionByHand, type Signed } from './session-by-hand.js';
import type { Seeded } from './seeded.js';

/** What was said to one forged message. */
export interface Said {
  /** A code, `ok`, or what came in its place; `sealed` where a session's keys were needed to say it. */
  readonly said: string;
  /** Whether it got what it was after. */
  readonly accepted: boolean;
}

/** An honest request beside it, and what its sender got. */
export interface Honest {
  readonly requestId: string;
  /** `intact`: the secret as it was stored; `another value`; a code; `unheard`: only a forgery was to be heard. */
  readonly got: string;
}

export interface Outcome {
  readonly forged: readonly Said[];
  readonly honest: readonly Honest[];
}

/** The surroundings of one attempt. */
export interface Attempt {
  readonly cast: Cast;
  readonly victim: Present;
  readonly mallory: Present;
  readonly middleman: Middleman;
  readonly random: Seeded;
  /** Begins the ids of all of its requests. */
  readonly name: string;
}

export type Forgery = (attempt: Attempt) => Promise<Outcome>;

/** Forgeries by what is forged. */
export type Forgeries = Readonly<Record<string, Forgery>>;

/** The victim's request for its secret, with everything in it that a request may have. */
export const wish = (requestId: string): Ask => ({
  operation: 'secret.decrypt',
  workspace: WORKSPACE,
  body: { reference: REFERENCE, purpose: 'promise 12' },
  headers: {
    requestId,
    commandId: `${requestId}-command`,
    edge: Buffer.from(JSON.stringify({ ip: '203.0.113.12' })).toString('base64url'),
    traceparent: `00-${'12'.repeat(16)}-${'34'.repeat(8)}-01`,
  },
});

export function saidOf(echo: Echo, session: SessionByHand, signed: Signed): Said {
  const reply = session.open(echo, signed);
  if (reply === null) return { said: saidInClear(echo), accepted: saidInClear(echo) === 'ok' };
  return { said: `sealed ${reply.ok ? 'ok' : reply.error.code}`, accepted: reply.ok };
}

/** Sends an honest request as it is, and says what came of it. */
export async function ask({ cast, victim }: Attempt, requestId: string, signed: Signed): Promise<Honest> {
  const { attacker, session } = victim;
  const echo = await attacker.ask(signed.message, PATIENCE_MS);
  const reply = session.open(echo, signed);
  return { requestId, got: reply === null ? saidInClear(echo) : gotOf(reply, cast) };
}

export function gotOf(reply: RpcReply, { value }: Pick<Cast, 'value'>): string {
  if (!reply.ok) return reply.error.code;
  const obtained = Buffer.from((reply.value as DecryptReply).value, 'base64').toString();
  return obtained === value ? 'intact' : 'another value';
}
