/** How the services beside the vault ask it, and know from it whose requests they are given. */
import type { VaultKey } from '@keytrail/contracts';
import { introspectedSessions, nkeyCredential, type RpcClient, rpcClient, type RpcSessions } from '@keytrail/nats';
import type { BackendConnections } from './connect-backend.js';

/** Who asks. */
export interface VaultAsker {
  readonly KEYTRAIL_PRINCIPAL: string;
  readonly KEYTRAIL_NATS_RPC_SEED_FILE: string;
  readonly KEYTRAIL_VAULT_KEY: VaultKey;
}

export interface AskedVault {
  /** In a session of this service's own. */
  readonly vault: RpcClient;
  /** For its `RpcServer`. */
  readonly sessions: RpcSessions;
}

export function askVault(environment: VaultAsker, { rpc, conn }: BackendConnections): AskedVault {
  const { KEYTRAIL_PRINCIPAL: principal, KEYTRAIL_VAULT_KEY: vaultKey } = environment;
  const credential = nkeyCredential(environment.KEYTRAIL_NATS_RPC_SEED_FILE);
  const vault = rpcClient(rpc, { principal, conn }, { vaultKey, credential });
  // The first request that comes in shall not have to wait for it.
  void vault.prepare();
  return { vault, sessions: introspectedSessions(vault) };
}
