// Lets one bootstrap at a time work on this checkout.
import { createHash } from 'node:crypto';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { root, say } from './shell.mjs';

/**
 * Runs `work` while no other bootstrap of this checkout runs its own.
 *
 * The lock is a socket in Linux's abstract namespace: the kernel drops it with the process, so none is ever stale.
 */
export async function inTurn(work) {
  const lock = await takeTurn();
  try {
    return await work();
  } finally {
    lock.close();
  }
}

async function takeTurn() {
  const name = `\0keytrail-bootstrap-${createHash('sha256').update(root).digest('hex').slice(0, 32)}`;
  for (let attempt = 1; ; attempt++) {
    const lock = await listen(name);
    if (lock) return lock;
    if (attempt === 1) say('another command is preparing this checkout; waiting for it');
    await sleep(200);
  }
}

function listen(name) {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once('error', (cause) => {
      if (cause.code === 'EADDRINUSE') resolve(null);
      else reject(new Error('no lock could be taken on this checkout', { cause }));
    });
    server.listen(name, () => resolve(server));
  });
}
