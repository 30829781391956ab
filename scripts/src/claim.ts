/** Makes sure that one system at a time runs on a state folder. */
import fs from 'node:fs';
import net from 'node:net';
import { sha256Hex } from '@keytrail/crypto';

/** Another process holds the state folder. */
export class AlreadyClaimed extends Error {
  override readonly name = 'AlreadyClaimed';
}

/**
 * Claims a folder until `release`, or until this process ends in whatever way; throws {@link AlreadyClaimed}.
 *
 * The claim is a socket in Linux's abstract namespace: the kernel drops it with the process, so none is ever stale.
 */
export async function claim(folder: string): Promise<{ readonly release: () => void }> {
  const server = net.createServer((socket) => socket.destroy());
  const name = `\0keytrail-${sha256Hex(Buffer.from(fs.realpathSync(folder))).slice(0, 32)}`;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new AlreadyClaimed(`${folder} is in use by another process`) : error),
    );
    server.listen(name, resolve);
  });
  server.unref();
  return { release: () => void server.close() };
}
