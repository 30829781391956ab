/** A backend's two connections to NATS: one asks and answers, the other carries events. */
import { Conn } from '@keytrail/contracts';
import { mintConn } from '@keytrail/crypto';
import { type BusConnection, connectEvents, connectRpc } from '@keytrail/nats';
import type { z } from 'zod';
import { logBusStatus } from './bus-status.js';
import { busTlsOf } from './bus-tls.js';
import type { BackendEnvironment } from './environment.js';
import type { Log } from './log.js';

export interface BackendConnections {
  /** In the account of requests. */
  readonly rpc: BusConnection;
  /** The id of the `rpc` connection, which stands in its subjects. */
  readonly conn: Conn;
  /** In the account of events. */
  readonly events: BusConnection;
  close(): Promise<void>;
}

/** Connects as the service that the environment names; `name` is for people. Rejects where NATS cannot be reached. */
export async function connectBackend(
  environment: z.infer<typeof BackendEnvironment>,
  name: string,
  log: Log,
): Promise<BackendConnections> {
  const to = { url: environment.KEYTRAIL_NATS_URL, name, ...busTlsOf(environment) };
  const conn = Conn.parse(mintConn());
  const [rpc, events] = await Promise.all([
    connectRpc({
      ...to,
      conn,
      principal: environment.KEYTRAIL_PRINCIPAL,
      seed: environment.KEYTRAIL_NATS_RPC_SEED_FILE,
      onStatus: logBusStatus(log, 'rpc'),
    }),
    connectEvents({
      ...to,
      seed: environment.KEYTRAIL_NATS_EVENTS_SEED_FILE,
      onStatus: logBusStatus(log, 'events'),
    }),
  ]);
  return { rpc, conn, events, close: async () => void (await Promise.all([rpc.close(), events.close()])) };
}
