/** Finds a loopback TCP port that nobody listens on. */
import net from 'node:net';
import { StartFailure } from './server-process.js';

/** A port that was free on 127.0.0.1 a moment ago; another process may still be quicker. */
export async function freePort(): Promise<number> {
  return listenOnce(0);
}

/** Whether nobody listens on this port of 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
  return listenOnce(port).then(
    () => true,
    () => false,
  );
}

function listenOnce(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(wanted, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/**
 * Starts something on `wanted` or, where that is `undefined`, on a free port; another one is tried when somebody was
 * quicker.
 */
export async function onPort<T>(wanted: number | undefined, start: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(wanted ?? (await freePort()));
    } catch (error) {
      const again = wanted === undefined && attempt < 5 && error instanceof StartFailure && error.portTaken;
      if (!again) throw error;
    }
  }
}
