/** A real nats-server with the real configuration, for specs, and connections to it that are closed with it. */
import { jest } from '@jest/globals';
import { mintConn } from '@keytrail/crypto';
import type { NatsServer } from '@keytrail/testing';
import { startNats, temporaryFolder } from '@keytrail/testing';
import { nkeyAuthenticator, connect } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import { callerPermissions } from './auth-permissions.js';
import type { BusConnection } from './connect.js';
import { connectEvents, connectRpc } from './connect.js';
import type { Identity } from './identity.js';
import { mintIdentity, systemIdentities } from './identity.js';
import type { Log } from './log.js';
import { type ServerConfiguration, serverConfiguration } from './server-configuration.js';

// Real servers on a busy machine; nothing here depends on how long anything takes.
jest.setTimeout(60_000);

/** Says nothing. */
export const silent: Log = { info: () => {}, warn: () => {}, error: () => {} };

/** A logger that remembers its messages. */
export function remembering(): Log & { readonly entries: { level: string; fields: object; message: string }[] } {
  const entries: { level: string; fields: object; message: string }[] = [];
  const at = (level: string) => (fields: object, message: string) => void entries.push({ level, fields, message });
  return { entries, info: at('info'), warn: at('warn'), error: at('error') };
}

export type Bus = Awaited<ReturnType<typeof startBus>>;

/**
 * `root` are unrestricted users, one in each account, whom no real configuration has; `callers` may what the callout
 * lets callers do.
 */
export async function startBus(tls: Pick<ServerConfiguration, 'tls'> = {}) {
  const identities = systemIdentities();
  const callers = [mintIdentity('billing'), mintIdentity('chatbot')] as const;
  const root = { rpc: mintIdentity('root'), events: mintIdentity('root') };
  const folder = await temporaryFolder();
  const configuration = ({ port, storeDir }: { port: number; storeDir: string }): string => {
    const text = serverConfiguration({ port, storeDir, serverName: 'spec', identities, ...tls });
    const parsed = JSON.parse(text);
    const { RPC, EVENTS } = parsed.accounts;
    // By keys of their own, so that whoever is about requests needs no callout; on any connection of theirs.
    for (const { publicKey, principal } of callers)
      RPC.users.push({ nkey: publicKey, permissions: callerPermissions(principal, '*') });
    RPC.users.push({ nkey: root.rpc.publicKey });
    EVENTS.users.push({ nkey: root.events.publicKey });
    for (const { publicKey } of [...callers, root.rpc, root.events])
      parsed.authorization.auth_callout.auth_users.push(publicKey);
    return JSON.stringify(parsed);
  };
  let server: NatsServer = await startNats({ dir: folder.path, configuration });
  const { url, port } = server;
  const open: (() => Promise<unknown>)[] = [];
  const kept = <T extends { close(): Promise<unknown> }>(connection: T): T => {
    open.push(() => connection.close());
    return connection;
  };

  return {
    url,
    identities,
    callers,
    root,
    rpc: async ({ seed, principal, name }: Identity): Promise<BusConnection & { principal: string; conn: string }> => {
      const conn = mintConn();
      return { ...kept(await connectRpc({ url, seed, principal, conn, name })), principal, conn };
    },
    events: async ({ seed, name }: Identity): Promise<BusConnection> => kept(await connectEvents({ url, seed, name })),
    /** A connection without our own habits, as an attacker would make it. */
    raw: async ({ seed }: Identity, inboxPrefix = '_INBOX'): Promise<NatsConnection> =>
      kept(
        await connect({
          servers: url,
          authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)),
          inboxPrefix,
          maxReconnectAttempts: -1,
          reconnectTimeWait: 100,
        }),
      ),
    kill: () => server.kill(),
    restart: async (): Promise<void> => {
      server = await startNats({ dir: folder.path, port, configuration });
    },
    stop: async (): Promise<void> => {
      await Promise.allSettled(open.map((close) => close()));
      await server.stop();
      await folder.remove();
    },
  };
}

/** Returns once `condition` holds; throws where it does not within `limitMs`, so that no loop outlives its test. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
