/** A vault for specs that lets its peers in and tells them of sessions, and can be away. */
import { promisify } from 'node:util';
import { mintConn } from '@keytrail/crypto';
import { connectRpc, type Log, type RpcServer, type SystemIdentities } from '@keytrail/nats';
import { type DrillDoor, systemDoor, vaultAt } from '@keytrail/nats/drill';

export interface DoorOnlyVault {
  readonly door: DrillDoor;
  stop(): Promise<void>;
  /** With all the sessions that it knew before. */
  start(): Promise<void>;
  end(): Promise<void>;
}

export async function doorOnlyVault(url: string, identities: SystemIdentities, log: Log): Promise<DoorOnlyVault> {
  const { seed, principal, name } = identities.vault.rpc;
  const connection = await connectRpc({ url, seed, principal, name, conn: mintConn() });
  const door = systemDoor(identities);
  const open = async (): Promise<RpcServer> => {
    const server = vaultAt(door, { connection, log });
    await promisify(server.listen.bind(server))();
    return server;
  };
  let server = await open();
  return {
    door,
    stop: () => server.close(),
    start: async () => {
      server = await open();
    },
    end: async () => {
      await server.close();
      await connection.close();
    },
  };
}
