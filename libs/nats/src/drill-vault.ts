/** For drills and specs: a vault as far as its peers need one, at whose door a system's own processes are known. */
import { type Powers, type Principal, type Service, SYSTEM_WORKSPACE, type SystemRole } from '@keytrail/contracts';
import { type DrillDoor, drillDoor } from './drill-door.js';
import type { SystemIdentities } from './identity.js';
import { RpcServer, type RpcServerOptions } from './rpc-server.js';

interface Peer {
  readonly service: Service | 'gateway';
  readonly role: SystemRole;
}

/** `powersOf` says what everybody else may; by default nothing. */
export function systemDoor(
  { gateway, rotation, audit, anomaly }: SystemIdentities,
  powersOf: (principal: Principal) => Powers = () => ({ roles: [] }),
): DrillDoor {
  const peers = new Map<string, Peer>([
    [gateway.rpc.principal, { service: 'gateway', role: 'gateway' }],
    [rotation.rpc.principal, { service: 'rotation', role: 'rotation_scheduler' }],
    [audit.rpc.principal, { service: 'audit', role: 'backend' }],
    [anomaly.rpc.principal, { service: 'anomaly', role: 'backend' }],
  ]);
  return drillDoor(
    (principal) => {
      const role = peers.get(principal)?.role;
      return role === undefined ? powersOf(principal) : { roles: [{ role, workspace: SYSTEM_WORKSPACE }] };
    },
    (principal) => peers.get(principal)?.service ?? 'vault',
  );
}

/** Answers as the vault, once it listens, what is asked at its door, and what else it is given handlers for. */
export function vaultAt(door: DrillDoor, { connection, log }: Pick<RpcServerOptions, 'connection' | 'log'>): RpcServer {
  const { handlers, withoutSession } = door;
  const server = new RpcServer({
    service: 'vault',
    connection,
    sessions: door.sessionsOf('vault'),
    withoutSession,
    // Who may ask what is not what drills of this door are about.
    authorize: async () => null,
    log,
  });
  for (const [operation, handler] of Object.entries(handlers)) server.addHandler(operation, handler);
  return server;
}
