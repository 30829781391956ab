/** The auth callout: answers nats-server who may come in, and what they may do. */
import type { Msg } from '@nats-io/transport-node';
import { AUTH_QUEUE, AUTH_SUBJECT } from './auth-permissions.js';
import {
  type Admission,
  admit,
  type AuthRequest,
  calloutKeys,
  type CalloutKeys,
  type Entrant,
  openAuthRequest,
  turnAway,
} from './auth-request.js';
import type { BusConnection } from './connect.js';
import type { Log } from './log.js';

/** `reason` is for the log; the entrant is told nothing. */
export type AuthDecision =
  ({ readonly admitted: true } & Admission) | { readonly admitted: false; readonly reason: string };

export interface AuthCalloutOptions {
  /** Of {@link connectAuth}. */
  readonly connection: BusConnection;
  /** The account key (`SA…`) whose public half stands in the server's configuration. */
  readonly issuerSeed: string;
  /** The curve key (`SX…`) whose public half stands there too. */
  readonly xkeySeed: string;
  /** Whether the secret is somebody's; may throw. What takes longer than four seconds is not waited for. */
  readonly decide: (entrant: Entrant) => Promise<AuthDecision>;
  readonly log: Log;
  /** How many are decided at once, 64 by default; the rest hear nothing, and try again. */
  readonly maxAtOnce?: number;
}

export interface AuthCallout {
  /** Hears no further question, and returns once those in hand are answered. */
  stop(): Promise<void>;
}

const DECISION_MS = 4_000;
const MAX_AT_ONCE = 64;

/**
 * Answers in the queue group of the vault's replicas. Where it cannot tell who somebody is, it gives no answer: an
 * answer would be taken for a refusal, while who hears nothing tries again.
 */
export function authCallout(options: AuthCalloutOptions): AuthCallout {
  const { connection, issuerSeed, xkeySeed, decide, log, maxAtOnce = MAX_AT_ONCE } = options;
  const keys = calloutKeys(issuerSeed, xkeySeed);
  const inHand = new Set<Promise<void>>();
  const hear = (message: Msg): void => {
    if (inHand.size >= maxAtOnce) return log.warn({ inHand: inHand.size }, 'too many ask to be let in at once');
    const answered = answer(message, { keys, decide, log })
      .catch((err: unknown) => log.error({ err }, 'somebody waits at the door, for it could not be decided who it is'))
      .finally(() => inHand.delete(answered));
    inHand.add(answered);
  };
  const subscription = connection.nc.subscribe(AUTH_SUBJECT, {
    queue: AUTH_QUEUE,
    callback: (err, message) => {
      if (err === null) return hear(message);
      log.error({ err }, 'the auth callout hears no questions any more');
    },
  });
  return {
    stop: async () => {
      if (!subscription.isClosed()) await subscription.drain();
      await Promise.all(inHand);
    },
  };
}

type Answering = Pick<AuthCalloutOptions, 'decide' | 'log'> & { readonly keys: CalloutKeys };

async function answer(message: Msg, { keys, decide, log }: Answering): Promise<void> {
  const request = openedOrNull(message, keys, log);
  if (request === null) return;
  const decision = await decided(request, decide);
  if (decision.admitted && decision.expiresAtMs > Date.now()) {
    message.respond(admit(request, decision, keys));
    return;
  }
  const reason = decision.admitted ? 'expired' : decision.reason;
  log.info({ address: request.address, conn: request.entrant?.conn, reason }, 'refused at the door');
  message.respond(turnAway(request, keys));
}

function openedOrNull(message: Msg, keys: CalloutKeys, log: Log): AuthRequest | null {
  try {
    return openAuthRequest(message, keys);
  } catch {
    // What is wrong with it might quote a credential.
    log.error({}, 'a question to the auth callout is of no server that has its key');
    return null;
  }
}

async function decided({ entrant }: AuthRequest, decide: AuthCalloutOptions['decide']): Promise<AuthDecision> {
  if (entrant === null) return { admitted: false, reason: 'malformed' };
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no decision within ${DECISION_MS} ms`)), DECISION_MS);
  try {
    return await Promise.race([decide(entrant), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
