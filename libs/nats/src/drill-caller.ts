/** For drills and specs: somebody who asks by a key of its own, and in sessions. */
import type { VaultKey } from '@keytrail/contracts';
import { mintConn } from '@keytrail/crypto';
import { type BusConnection, connectRpc } from './connect.js';
import type { Identity } from './identity.js';
import { nkeyCredential } from './nkey-credential.js';
import { type RpcClient, rpcClient } from './rpc-client.js';

export interface DrillCaller extends RpcClient {
  readonly connection: BusConnection;
  /** Sends without a session. */
  readonly bare: RpcClient;
  close(): Promise<void>;
}

export interface DrillCallerOptions {
  readonly url: string;
  readonly identity: Identity;
  readonly vaultKey: VaultKey;
}

/** Connects on a connection of its own; the session is opened with the first request. */
export async function drillCaller({ url, identity, vaultKey }: DrillCallerOptions): Promise<DrillCaller> {
  const { name, seed, principal } = identity;
  const sender = { principal, conn: mintConn() };
  const connection = await connectRpc({ url, seed, name, ...sender });
  return {
    ...rpcClient(connection, sender, { vaultKey, credential: nkeyCredential(seed) }),
    connection,
    bare: rpcClient(connection, sender),
    close: () => connection.close(),
  };
}

/**
 * The server's configuration with somebody in it whom no real one has: in its own name it may ask every service
 * everything, so that nothing but its session stands in its way.
 */
export function withInsider(configuration: string, { publicKey, principal }: Identity): string {
  const parsed = JSON.parse(configuration);
  parsed.accounts.RPC.users.push({
    nkey: publicKey,
    permissions: { publish: `rpc.*.${principal}.>`, subscribe: `_R.${principal}.>` },
  });
  parsed.authorization.auth_callout.auth_users.push(publicKey);
  return JSON.stringify(parsed);
}
