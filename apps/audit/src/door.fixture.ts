/** The vault as far as the audit needs one, for specs: it lets in whoever asks, and tells of their sessions. */
import { promisify } from 'node:util';
import { type Powers, SYSTEM_WORKSPACE as workspace, type VaultKey } from '@keytrail/contracts';
import { mintConn } from '@keytrail/crypto';
import { connectRpc, type Identity, RpcServer } from '@keytrail/nats';
import { drillDoor } from '@keytrail/nats/drill';
import type { Log } from '@keytrail/service';

/** What the audit itself is, and the gateway. */
const EVERYBODYS: Powers = {
  roles: [
    { role: 'backend', workspace },
    { role: 'gateway', workspace },
  ],
};

export interface AuditsDoor {
  readonly vaultKey: VaultKey;
  stop(): Promise<void>;
}

export async function doorOn(url: string, { principal, seed }: Identity, log: Log): Promise<AuditsDoor> {
  const connection = await connectRpc({ url, seed, principal, conn: mintConn(), name: 'vault' });
  const door = drillDoor(
    () => EVERYBODYS,
    () => 'audit',
  );
  const sessions = door.sessionsOf('vault');
  const { withoutSession } = door;
  const authorize = async () => null;
  const server = new RpcServer({ service: 'vault', connection, sessions, withoutSession, authorize, log });
  for (const [operation, handler] of Object.entries(door.handlers)) server.addHandler(operation, handler);
  await promisify((done: (error?: unknown) => void) => server.listen(done))();
  return {
    vaultKey: door.vaultKey,
    stop: async () => {
      await server.close();
      await connection.close();
    },
  };
}
