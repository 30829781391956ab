/** Whether a backend can be reached and can reach others, asked of the servers themselves. */
import type { RpcServer } from '@keytrail/nats';
import type { BackendConnections } from './connect-backend.js';
import type { HealthCheck } from './health.js';

/** The connections are named apart because they fail apart; a connection whose server is silent fails too. */
export function busChecks({ rpc, events }: BackendConnections, server: RpcServer): readonly HealthCheck[] {
  return [
    { name: 'nats-rpc', check: () => rpc.roundTrip() },
    { name: 'nats-events', check: () => events.roundTrip() },
    { name: 'requests', check: () => server.isListening() },
  ];
}
