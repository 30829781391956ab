/** Connections of those who come in by a secret, through the auth callout. */
import { Principal } from '@keytrail/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { WHO_AM_I } from './auth-permissions.js';
import { type CallerAccount, userNameOf } from './auth-request.js';
import { type BusConnection, type ConnectionOptions, open } from './connect.js';
import { CredentialsRefused } from './credentials-refused.js';

const WHO_AM_I_MS = 5_000;
const BETWEEN_ATTEMPTS_MS = 250;

export interface CallerConnectionOptions extends ConnectionOptions {
  /** This connection's own token: 16 to 26 of a-z and 0-9. */
  readonly conn: string;
  /** Asked anew at each attempt to come in, so that it may rotate. What it throws is told as a status later on. */
  readonly secret: () => string;
  /** `RPC`, to ask the vault, by default. */
  readonly account?: CallerAccount;
  /** Whom the secret stands for; learned from the server where it is not given. */
  readonly principal?: string;
  /** How long to go on trying where the server cannot be reached or nobody decides, in ms; 0 by default. */
  readonly patienceMs?: number;
}

/** Whom the secret stood for when it connected. */
export interface CallerConnection extends BusConnection {
  readonly principal: string;
}

/**
 * Connects with a secret. The admission ends after some minutes: the connection is lost then and comes back by itself.
 * Throws `CredentialsRefused` at once, what `secret` throws, and something else where nobody has answered in time.
 */
export async function connectCaller(options: CallerConnectionOptions): Promise<CallerConnection> {
  const connection = await patiently(() => enter(options), options.patienceMs ?? 0);
  try {
    return { ...connection, principal: options.principal ?? (await principalOf(connection)) };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function enter({ conn, secret, account = 'RPC', ...options }: CallerConnectionOptions): Promise<BusConnection> {
  let unreadable: Error | null = null;
  const password = (): string => {
    unreadable = null;
    try {
      return secret();
    } catch (error) {
      unreadable = new Error('the secret cannot be read', { cause: error });
      options.onStatus?.({ type: 'error', error: unreadable });
      // Nobody is let in without one, while to throw here would close the connection for good.
      return '';
    }
  };
  const authenticator = () => ({ user: userNameOf(account, conn), pass: password() });
  return open(options, { authenticator, inboxPrefix: `_INBOX.${conn}` }).catch((error: unknown) => {
    throw unreadable ?? error;
  });
}

async function patiently<T>(attempt: () => Promise<T>, patienceMs: number): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof CredentialsRefused || performance.now() >= deadline) throw error;
    }
    await sleep(BETWEEN_ATTEMPTS_MS);
  }
}

const WhoYouAre = z.object({ data: z.object({ user: Principal }) });

async function principalOf({ nc }: BusConnection): Promise<string> {
  const reply = await nc.request(WHO_AM_I, '', { timeout: WHO_AM_I_MS, noMux: true });
  return WhoYouAre.parse(reply.json()).data.user;
}
