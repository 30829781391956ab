/** A real nats-server with a vault on it, and those who ask: the gateway, the scheduler, and an insider. */
import { type Powers, Workspace } from '@keytrail/contracts';
import { mintConn } from '@keytrail/crypto';
import {
  connectRpc,
  type Identity,
  type Log,
  mintIdentity,
  serverConfiguration,
  systemIdentities,
} from '@keytrail/nats';
import { type DrillCaller, drillCaller, type DrillDoor, systemDoor, vaultAt, withInsider } from '@keytrail/nats/drill';
import { startNats, temporaryFolder } from '@keytrail/testing';
import { standInForVault, VaultState } from './vault.fixture.js';

const ANALYST: Powers = { roles: [{ role: 'security_analyst', workspace: Workspace.parse('acme') }] };

export interface SchedulerBus {
  readonly url: string;
  /** Those of the scheduler. */
  readonly identities: { readonly rpc: Identity; readonly events: Identity };
  readonly gateway: Identity;
  /**
   * An analyst of the workspace `acme` who reaches the scheduler past the gateway, as no real configuration lets him.
   */
  readonly insider: Identity;
  readonly vault: VaultState;
  readonly door: DrillDoor;
  /** A new connection; closed with the bus. */
  connect(identity: Identity): Promise<DrillCaller>;
  stopVault(): Promise<void>;
  /** With all that it knew before. */
  startVault(): Promise<void>;
  end(): Promise<void>;
}

export async function schedulerBus(log: Log): Promise<SchedulerBus> {
  const folder = await temporaryFolder();
  const identities = systemIdentities();
  const insider = mintIdentity('insider');
  const nats = await startNats({
    dir: folder.path,
    configuration: (at) =>
      withInsider(serverConfiguration({ ...at, serverName: 'rotation-spec', identities }), insider),
  });
  const { url } = nats;
  const door = systemDoor(identities, () => ANALYST);
  const { seed, principal, name } = identities.vault.rpc;
  const connection = await connectRpc({ url, seed, principal, name, conn: mintConn() });
  const vault = new VaultState();
  const open = () => standInForVault(vaultAt(door, { connection, log }), vault);
  let standIn = await open();
  const callers: DrillCaller[] = [];
  return {
    url,
    identities: identities.rotation,
    gateway: identities.gateway.rpc,
    insider,
    vault,
    door,
    connect: async (identity) => {
      const caller = await drillCaller({ url, identity, vaultKey: door.vaultKey });
      callers.push(caller);
      return caller;
    },
    stopVault: () => standIn.stop(),
    startVault: async () => {
      standIn = await open();
    },
    end: async () => {
      await standIn.stop();
      await Promise.all([connection, ...callers].map((each) => each.close()));
      await nats.stop();
      await folder.remove();
    },
  };
}
