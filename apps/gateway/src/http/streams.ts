/** How long the connection of an answer lives that is sent while it is made. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { finished, Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';

/**
 * Whoever has read all there is may wait for more, however long it takes to make; whoever does not read within `idleMs`
 * may not. A server that closes cuts them all: the last line is missing then, and its reader knows that there was more.
 */
export function tendStreams(fastify: FastifyInstance, idleMs: number): void {
  const open = new Set<ServerResponse>();
  fastify.addHook('onSend', async (_, { raw }, payload) => {
    if (!(payload instanceof Readable)) return;
    open.add(raw);
    finished(raw, () => open.delete(raw));
    raw.on('timeout', (socket: Socket) => {
      if (raw.writableEnded || raw.writableLength > 0) socket.destroy();
      else socket.setTimeout(idleMs);
    });
  });
  fastify.addHook('preClose', async () => {
    for (const response of open) response.destroy();
  });
}
