/** The way to the vault: over a connection that comes back by itself, with the credential as it is by then. */
import { setImmediate as turn } from 'node:timers/promises';
import { type RpcError, rpcError, type RpcReply } from '@keytrail/contracts';
import { mintConn } from '@keytrail/crypto';
import { type BusStatus, connectCaller, CredentialsRefused, type RpcCall, rpcClient } from '@keytrail/nats';
import type { Settings } from './connect-options.js';
import type { CredentialReader } from './credential.js';
import { KeytrailError } from './keytrail-error.js';

export interface Entry {
  readonly principal: string;
  /** As `RpcClient`; and where there is no connection because the credential is not taken, the reply says so. */
  request(call: RpcCall): Promise<RpcReply>;
  close(): Promise<void>;
}

/** Throws {@link KeytrailError} as `connect` does. */
export async function enter(settings: Settings, read: CredentialReader): Promise<Entry> {
  // What is wrong with a credential is known before anybody has been patient about it.
  read();
  const conn = mintConn();
  let isRefused = false;
  const onStatus = (status: BusStatus): void => {
    if (status.type === 'reconnected') isRefused = false;
    if (status.type === 'error' && status.error instanceof CredentialsRefused) isRefused = true;
  };
  const connection = await comeIn(settings, { conn, secret: () => read().toBus, onStatus });
  const { principal } = connection;
  const identity = { vaultKey: settings.vaultKey, credential: () => read().toVault };
  const rpc = rpcClient(connection, { principal, conn }, identity);
  return {
    principal,
    request: async (call) => {
      try {
        const reply = await rpc.request(call);
        if (reply.ok || reply.error.code !== 'service.unavailable') return reply;
        // Whoever asks again at once must not keep the connection from coming back.
        await turn();
        if (!isRefused) return reply;
        read();
        return { ok: false, error: refusedByBus };
      } catch (error) {
        if (error instanceof KeytrailError) return { ok: false, error };
        throw error;
      }
    },
    close: () => connection.close(),
  };
}

type Entering = Pick<Parameters<typeof connectCaller>[0], 'conn' | 'secret' | 'onStatus'>;

async function comeIn({ url, tls, name, patienceMs }: Settings, entering: Entering) {
  try {
    return await connectCaller({ url, name, patienceMs, ...entering, ...(tls && { tls }) });
  } catch (cause) {
    throw new KeytrailError(cause instanceof CredentialsRefused ? refusedByBus : outOfReach, 'connect', { cause });
  }
}

const refusedByBus: RpcError = rpcError(
  'auth.invalid',
  'the bus refuses this credential: it may be unknown, expired or revoked',
);
const outOfReach: RpcError = rpcError(
  'service.unavailable',
  'the bus cannot be reached, or nobody there could tell in time whose credential this is',
);
