/** Makes sure that one system at a time runs on a state folder, and that no two choose the same port. */
import fs from 'node:fs';
import net from 'node:net';
import { sha256Hex } from '@keytrail/crypto';
import { isFree } from '@keytrail/testing';

/** Held until `release`, or until this process ends in whatever way. */
export interface Claim {
  readonly release: () => void;
}

/** Another process holds the state folder. */
export class AlreadyClaimed extends Error {
  override readonly name = 'AlreadyClaimed';
}

/** Claims a folder; throws {@link AlreadyClaimed}. */
export async function claim(folder: string): Promise<Claim> {
  const held = await hold(sha256Hex(Buffer.from(fs.realpathSync(folder))).slice(0, 32));
  if (held === null) throw new AlreadyClaimed(`${folder} is in use by another process`);
  return held;
}

/**
 * Claims a loopback port; `null` when another system has claimed it, though it may not listen there yet, or when
 * anybody listens.
 */
export async function claimPort(port: number): Promise<Claim | null> {
  const held = await hold(`port-${port}`);
  if (held === null || (await isFree(port))) return held;
  held.release();
  return null;
}

/**
 * A socket in Linux's abstract namespace: the kernel drops it with the process, so none is ever stale. `null` when it
 * is held.
 */
async function hold(name: string): Promise<Claim | null> {
  const server = net.createServer((socket) => socket.destroy());
  const held = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    server.listen(`\0keytrail-${name}`, () => resolve(true));
  });
  server.unref();
  return held ? { release: () => void server.close() } : null;
}
