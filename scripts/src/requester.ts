/** Asks the vault in somebody's name, past the published client: with any deadline and any command id. */
import fs from 'node:fs';
import type { VaultKey } from '@keytrail/contracts';
import { connectSecretOf, mintConn } from '@keytrail/crypto';
import {
  connectCaller,
  connectRpc,
  nkeyCredential,
  rpcClient,
  type RpcCall,
  type RpcClient,
  type SessionOptions,
} from '@keytrail/nats';
import type { CallerName } from './local-callers.js';
import { localKeys } from './local-keys.js';
import { stateFolder } from './state-folder.js';
import type { System } from './system.js';

/** A connection of its own. */
export interface Requester {
  readonly rpc: RpcClient;
  close(): Promise<void>;
}

/** As a caller asks, with its token. */
export const requesterOf = (system: Pick<System, 'natsUrl' | 'vaultKey' | 'callers'>, name: CallerName) =>
  tokenRequester(system, { name, token: fs.readFileSync(system.callers[name].tokenFile, 'utf8') });

/** As whoever holds a token asks; `name` is what the connection is called. */
export async function tokenRequester(
  { natsUrl: url, vaultKey }: Pick<System, 'natsUrl' | 'vaultKey'>,
  { name, token }: { readonly name: string; readonly token: string },
): Promise<Requester> {
  const conn = mintConn();
  const connection = await connectCaller({ url, name, conn, secret: () => connectSecretOf(token) as string });
  const identity: SessionOptions = {
    vaultKey: vaultKey as VaultKey,
    credential: () => ({ type: 'api_token', token }),
  };
  const rpc = rpcClient(connection, { principal: connection.principal, conn }, identity);
  return { rpc, close: () => connection.close() };
}

/** As the gateway asks, on behalf of the administrator. */
export async function gatewayRequester({ natsUrl: url, vaultKey, adminPrincipal, dir }: System): Promise<Requester> {
  const { principal, seed, name } = localKeys(stateFolder(dir)).identities.gateway.rpc;
  const conn = mintConn();
  const connection = await connectRpc({ url, principal, conn, seed, name });
  const identity = { vaultKey: vaultKey as VaultKey, credential: nkeyCredential(seed) };
  const rpc = rpcClient(connection, { principal, conn }, identity);
  const request = <T>(call: RpcCall) => rpc.request<T>({ onBehalfOf: adminPrincipal, ...call });
  return { rpc: { request }, close: () => connection.close() };
}
