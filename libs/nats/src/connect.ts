/** Connections to NATS: authenticated, never given up, replies below a prefix that is the connection's own. */
import { replyPrefix } from '@keytrail/contracts';
import { connect, errors } from '@nats-io/transport-node';
import type { Authenticator, NatsConnection, Status } from '@nats-io/transport-node';
import { CredentialsRefused } from './credentials-refused.js';
import { nkeySigner } from './nkey.js';

/** Longer than the callout may take to decide, shorter than the server waits for the callout. */
const HANDSHAKE_MS = 5_000;

const RECONNECT_MS = 250;
const MAX_RECONNECT_MS = 10_000;

/** A connection that has gone deaf without a word is given up once three times as long has passed in silence. */
const PING_MS = 1_500;

/** A connection that other rooms hand around without knowing NATS. */
export interface BusConnection {
  /** For this room alone. */
  readonly nc: NatsConnection;
  isConnected(): boolean;
  /** Resolves when the server has answered; rejects where there is no connection. A silent server is waited for. */
  roundTrip(): Promise<void>;
  /** Calls `listener` each time the connection is lost, until the function that it returns is called. */
  onLost(listener: () => void): () => void;
  /** Sends what is still buffered, then closes; requests in flight are refused. */
  close(): Promise<void>;
}

/**
 * What happens to a connection. `error` is asynchronous, such as a permission that is missing, or `CredentialsRefused`
 * each time that it wants to come back and is not let in.
 */
export type BusStatus =
  { readonly type: 'disconnected' | 'reconnected' | 'closed' } | { readonly type: 'error'; readonly error: Error };

/**
 * What the server's certificate is checked against, for clear text is refused: `caFile` (PEM), else the system's CAs.
 */
export interface TlsOptions {
  readonly caFile?: string;
}

export interface ConnectionOptions {
  readonly url: string;
  /** Shown by the server's tools. */
  readonly name: string;
  readonly tls?: TlsOptions;
  readonly onStatus?: (status: BusStatus) => void;
}

export interface EventsConnectionOptions extends ConnectionOptions {
  /** The nkey seed (`SU…`) of an identity that the server knows. */
  readonly seed: string;
}

export interface RpcConnectionOptions extends EventsConnectionOptions {
  readonly principal: string;
  /** This connection's own token: 16 to 26 of a-z and 0-9. */
  readonly conn: string;
}

/**
 * Connects to the account of requests. Throws `CredentialsRefused` where the server refuses the identity, something
 * else where it cannot be reached.
 */
export function connectRpc({ principal, conn, ...options }: RpcConnectionOptions): Promise<BusConnection> {
  return open(options, { authenticator: nkeyOf(options.seed), inboxPrefix: replyPrefix(principal, conn).slice(0, -1) });
}

/** Connects to the account of events. Throws as `connectRpc` does. */
export function connectEvents(options: EventsConnectionOptions): Promise<BusConnection> {
  const inboxPrefix = inboxOf(nkeySigner(options.seed).nkey);
  return open(options, { authenticator: nkeyOf(options.seed), inboxPrefix });
}

/** Connects to the account in which credentials are checked. Throws as `connectRpc` does. */
export const connectAuth = connectEvents;

/** Below this stand the inboxes of a user of the events account. */
export const inboxOf = (publicKey: string): string => `_INBOX.${publicKey}`;

function nkeyOf(seed: string): Authenticator {
  const { nkey, sign } = nkeySigner(seed);
  return (nonce = '') => ({ nkey, sig: sign(Buffer.from(nonce)).toString('base64url') });
}

interface Entry {
  readonly authenticator: Authenticator;
  readonly inboxPrefix: string;
}

/** For this room alone: connects as whomever `authenticator` says, anew each time that the connection is lost. */
export async function open(options: ConnectionOptions, entry: Entry): Promise<BusConnection> {
  let refusals = 0;
  const nc = await connect({
    ...entry,
    servers: options.url,
    name: options.name,
    // To the library `tls://` is a wish, which a server that speaks clear text may decline.
    ...((options.tls || options.url.startsWith('tls://')) && { tls: { ...options.tls } }),
    timeout: HANDSHAKE_MS,
    maxReconnectAttempts: -1,
    // Each refusal is an event in the audit; and not everybody comes back at the same moment.
    reconnectDelayHandler: () => Math.min(RECONNECT_MS * 2 ** refusals, MAX_RECONNECT_MS) * (0.8 + Math.random() * 0.4),
    pingInterval: PING_MS,
    maxPingOut: 2,
    ignoreAuthErrorAbort: true,
    // A stack per request costs more than the request.
    noAsyncTraces: true,
  }).catch((error: unknown) => {
    throw refusedOr(error);
  });
  let connected = true;
  const listeners = new Set<() => void>();
  void (async () => {
    for await (const event of nc.status()) {
      const status = statusOf(event);
      if (status === null) continue;
      if (status.type !== 'error') connected = status.type === 'reconnected';
      if (status.type === 'reconnected') refusals = 0;
      if (status.type === 'error' && status.error instanceof CredentialsRefused) refusals++;
      if (!connected) for (const listener of listeners) listener();
      options.onStatus?.(status);
    }
  })();
  return {
    nc,
    isConnected: () => connected && !nc.isClosed(),
    roundTrip: async () => void (await nc.rtt()),
    onLost: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: async () => {
      if (connected) await nc.flush().catch(() => {});
      await nc.close();
    },
  };
}

function statusOf(event: Status): BusStatus | null {
  switch (event.type) {
    case 'disconnect':
      return { type: 'disconnected' };
    case 'reconnect':
      return { type: 'reconnected' };
    case 'close':
      return { type: 'closed' };
    case 'error':
      // It comes back by itself with a fresh admission: lost and found are all there is to tell.
      if (event.error instanceof errors.UserAuthenticationExpiredError) return null;
      return { type: 'error', error: refusedOr(event.error) };
    default:
      return null;
  }
}

/** nats-server says no more than this to whoever is refused; to whoever was not heard in time it says "timeout". */
function refusedOr<E>(error: E): E | CredentialsRefused {
  const refused = error instanceof errors.AuthorizationError && /violation/i.test(error.message);
  return refused ? new CredentialsRefused(error) : error;
}
