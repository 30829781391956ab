/** Names that one process of the machine has at a time. */
import net from 'node:net';

/** Held until `release`, or until this process ends in whatever way. */
export interface Claim {
  readonly release: () => void;
}

/**
 * A socket in Linux's abstract namespace: the kernel drops it with the process, so none is ever stale. `null` when it
 * is held.
 */
export async function claimName(name: string): Promise<Claim | null> {
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
