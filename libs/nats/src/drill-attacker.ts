/** For drills: somebody on the bus without our habits, and somebody who may do everything there. */
import { connect, errors, headers, type Msg, type MsgHdrs } from '@nats-io/transport-node';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RawMessage } from './drill-message.js';
import type { Identity } from './identity.js';
import { nkeySigner } from './nkey.js';

/** How somebody knocks: with a name and a password, with the seed of an nkey (`SU…`), or with nothing. */
export interface Knock {
  readonly url: string;
  readonly user?: string;
  readonly pass?: string;
  readonly seed?: string;
}

/** What came of a message: the first one on its reply subject, or what came in its place. */
export type Echo = RawMessage | 'forbidden' | 'nobody' | 'silence';

/** A connection that says what it is told to, and is not mended when it breaks. */
export interface Attacker {
  /** Sends a message once its reply subject is listened to, and waits so long for the first one there, in ms. */
  ask(message: RawMessage, patienceMs: number): Promise<Echo>;
  /** Sends a message; whether the server has let it through shows elsewhere. */
  send(message: Partial<RawMessage> & Pick<RawMessage, 'subject'>): void;
  /** Hears a subject from now on, in a queue group where one is named; false where the server does not allow it. */
  listen(subject: string, hear: (message: RawMessage) => void, queue?: string): Promise<boolean>;
  /** Resolves when the server has dealt with all that was sent. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

const HANDSHAKE_MS = 10_000;

/** Null where the server lets nobody in who knocks like this; throws where it does not answer. */
export async function knock({ url, user, pass, seed }: Knock): Promise<Attacker | null> {
  const nc = await connect({
    servers: url,
    ...(user !== undefined && { user }),
    ...(pass !== undefined && { pass }),
    ...(seed !== undefined && { authenticator: signing(seed) }),
    reconnect: false,
    timeout: HANDSHAKE_MS,
  }).catch((error: unknown) => {
    if (error instanceof errors.AuthorizationError) return null;
    throw error;
  });
  if (nc === null) return null;

  const forbidden = new Map<string, () => void>();
  void (async () => {
    for await (const event of nc.status()) {
      const error = event.type === 'error' ? event.error : null;
      if (error instanceof errors.PermissionViolationError) forbidden.get(error.subject)?.();
    }
  })();

  const ask = async ({ subject, reply, headers: said, body }: RawMessage, patienceMs: number): Promise<Echo> => {
    const first = Promise.withResolvers<Echo>();
    forbidden.set(subject, () => first.resolve('forbidden'));
    const callback = (error: Error | null, message: Msg): void => first.resolve(error ? 'forbidden' : echoOf(message));
    const subscription = nc.subscribe(reply, { max: 1, callback });
    const giveUp = new AbortController();
    const silence = sleep(patienceMs, 'silence' as const, { signal: giveUp.signal }).catch(() => 'silence' as const);
    try {
      nc.publish(subject, body, { reply, headers: headersOf(said) });
      return await Promise.race([first.promise, silence]);
    } finally {
      giveUp.abort();
      forbidden.delete(subject);
      subscription.unsubscribe();
    }
  };
  return {
    ask,
    send: ({ subject, reply, headers: said = {}, body }) =>
      nc.publish(subject, body, { headers: headersOf(said), ...(reply && { reply }) }),
    listen: async (subject, hear, queue) => {
      let allowed = true;
      const callback = (error: Error | null, message: Msg): void => {
        if (error === null) return hear(rawOf(message));
        allowed = false;
      };
      nc.subscribe(subject, { callback, ...(queue !== undefined && { queue }) });
      await nc.flush();
      return allowed;
    },
    flush: () => nc.flush(),
    close: () => nc.close(),
  };
}

function signing(seed: string) {
  const signer = nkeySigner(seed);
  return (nonce = '') => ({ nkey: signer.nkey, sig: signer.sign(Buffer.from(nonce)).toString('base64url') });
}

function headersOf(said: Readonly<Record<string, string>>): MsgHdrs {
  const all = headers();
  for (const [name, text] of Object.entries(said)) all.set(name, text);
  return all;
}

function rawOf({ subject, reply = '', headers: said, data }: Msg): RawMessage {
  const named = (said?.keys() ?? []).map((key) => [key, said?.get(key) ?? '']);
  return { subject, reply, headers: Object.fromEntries(named), body: data };
}

const echoOf = (message: Msg): Echo =>
  message.data.length === 0 && message.headers?.code === 503 ? 'nobody' : rawOf(message);

/** One in each account, whom no real configuration has. */
export interface Intruders {
  /** May send and hear whatever there is among requests and replies. */
  readonly rpc: Identity;
  /** The same among the events, all of JetStream included. */
  readonly events: Identity;
}

/** The server's configuration with intruders in it. */
export function withIntruders(configuration: string, { rpc, events }: Intruders): string {
  const parsed = JSON.parse(configuration);
  parsed.accounts.RPC.users.push({ nkey: rpc.publicKey });
  parsed.accounts.EVENTS.users.push({ nkey: events.publicKey });
  parsed.authorization.auth_callout.auth_users.push(rpc.publicKey, events.publicKey);
  return JSON.stringify(parsed);
}
