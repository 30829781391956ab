/** Finds a loopback TCP port that nobody listens on. */
import { randomInt } from 'node:crypto';
import net from 'node:net';
import { type Claim, claimName } from './claim.js';
import { StartFailure } from './server-process.js';

/** Below those that the system gives to whoever connects, or listens on any: no port of ours is lost to them. */
const PORTS = { from: 20_000, to: 32_000 };
const ATTEMPTS = 200;

/**
 * A port of 127.0.0.1 that nobody listens on, and that no other process of ours is given while this one runs. It is
 * never given out again here, either.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const port = randomInt(PORTS.from, PORTS.to);
    if ((await claimPort(port)) !== null) return port;
  }
  throw new Error(`no port is free between ${PORTS.from} and ${PORTS.to}: end what listens there`);
}

/**
 * Claims a loopback port; `null` when another process of ours has claimed it, though it may not listen there yet, or
 * when anybody listens.
 */
export async function claimPort(port: number): Promise<Claim | null> {
  const held = await claimName(`port-${port}`);
  if (held === null || (await isFree(port))) return held;
  held.release();
  return null;
}

/** Whether nobody listens on this port of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
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
