/** A road to a server that a test can block: bytes wait while it is stalled, in both directions, and nobody is told. */
import { once } from 'node:events';
import net from 'node:net';
import type { AddressInfo } from 'node:net';

export interface TcpProxy {
  /** On loopback. */
  readonly port: number;
  /** From now on nothing passes; connections stay open, and new ones are taken. */
  stall(): void;
  /** What has waited passes, in order. */
  resume(): void;
  close(): Promise<void>;
}

/** Opens a road to `port` on loopback. */
export async function tcpProxy(port: number): Promise<TcpProxy> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((near) => {
    const far = net.connect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => to.write(bytes));
      from.on('error', () => from.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.end();
      });
      if (stalled) from.pause();
    }
  });
  let stalled = false;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stall: () => {
      stalled = true;
      for (const socket of sockets) socket.pause();
    },
    resume: () => {
      stalled = false;
      for (const socket of sockets) socket.resume();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
