/** Connections to NATS: authenticated by nkey, never given up, replies below a prefix that is the connection's own. */
import { replyPrefix } from '@keytrail/contracts';
import { fromSeed } from '@nats-io/nkeys';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';
import type { NatsConnection, Status } from '@nats-io/transport-node';

const HANDSHAKE_MS = 5_000;

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

/** What happens to a connection. `error` is asynchronous, such as a permission that is missing. */
export type BusStatus =
  { readonly type: 'disconnected' | 'reconnected' | 'closed' } | { readonly type: 'error'; readonly error: Error };

export interface EventsConnectionOptions {
  readonly url: string;
  /** The nkey seed (`SU…`) of an identity that the server knows. */
  readonly seed: string;
  /** Shown by the server's tools. */
  readonly name: string;
  readonly onStatus?: (status: BusStatus) => void;
}

export interface RpcConnectionOptions extends EventsConnectionOptions {
  readonly principal: string;
  /** This connection's own token: 16 to 26 of a-z and 0-9. */
  readonly conn: string;
}

/** Connects to the account of requests. Throws where the server cannot be reached or refuses the identity. */
export function connectRpc({ principal, conn, ...options }: RpcConnectionOptions): Promise<BusConnection> {
  return open(options, replyPrefix(principal, conn).slice(0, -1));
}

/** Connects to the account of events. Throws where the server cannot be reached or refuses the identity. */
export function connectEvents(options: EventsConnectionOptions): Promise<BusConnection> {
  return open(options, inboxOf(fromSeed(new TextEncoder().encode(options.seed)).getPublicKey()));
}

/** Below this stand the inboxes of a user of the events account. */
export const inboxOf = (publicKey: string): string => `_INBOX.${publicKey}`;

async function open(options: EventsConnectionOptions, inboxPrefix: string): Promise<BusConnection> {
  const nc = await connect({
    servers: options.url,
    name: options.name,
    authenticator: nkeyAuthenticator(new TextEncoder().encode(options.seed)),
    inboxPrefix,
    timeout: HANDSHAKE_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    pingInterval: PING_MS,
    maxPingOut: 2,
    ignoreAuthErrorAbort: true,
    // A stack per request costs more than the request.
    noAsyncTraces: true,
  });
  let connected = true;
  const listeners = new Set<() => void>();
  void (async () => {
    for await (const event of nc.status()) {
      const status = statusOf(event);
      if (status === null) continue;
      if (status.type !== 'error') connected = status.type === 'reconnected';
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
      return { type: 'error', error: event.error };
    default:
      return null;
  }
}
