/** Roads between a system's services and its servers, on which a test can disturb what goes to and fro. */
import { tcpProxy, type TcpProxy } from '@keytrail/testing';

/** One road to each server; whoever is no service of the system does not use them. */
export interface Roads {
  readonly postgres: TcpProxy;
  readonly nats: TcpProxy;
}

interface Listening {
  readonly port: number;
}

/** Opens a road to each server. A server that is started again must keep its port. */
export async function openRoads(servers: Readonly<Record<keyof Roads, Listening>>): Promise<Roads> {
  const [postgres, nats] = await Promise.all([tcpProxy(servers.postgres.port), tcpProxy(servers.nats.port)]);
  return { postgres, nats };
}

/** The same URL by way of a road, where there is one. */
export function byRoad(url: string, road: TcpProxy | undefined): string {
  if (road === undefined) return url;
  const { host } = new URL(url);
  return url.replace(host, `127.0.0.1:${road.port}`);
}
