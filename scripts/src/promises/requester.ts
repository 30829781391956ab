/** Asks the vault in somebody's name, past the published client: with any deadline and any command id. */
import { mintConn } from '@keytrail/crypto';
import { connectRpc, type Identity, type RpcClient, rpcClient } from '@keytrail/nats';
import type { System } from '../system.js';

export interface Requester {
  readonly rpc: RpcClient;
  close(): Promise<void>;
}

/** A connection of its own. */
export async function requesterOf({ natsUrl: url }: System, identity: Identity | undefined): Promise<Requester> {
  if (identity === undefined) throw new Error('nobody of that name is known');
  const { principal, seed, name } = identity;
  const conn = mintConn();
  const connection = await connectRpc({ url, principal, conn, seed, name });
  return { rpc: rpcClient(connection, { principal, conn }), close: () => connection.close() };
}
