/** How long an answer may be silent while it is made, and how long its reader may be. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fastify, type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { tendStreams } from './streams.js';

const IDLE_MS = 200;

let server: FastifyInstance;
beforeEach(() => {
  server = fastify({ connectionTimeout: IDLE_MS });
  tendStreams(server, IDLE_MS);
});
afterEach(() => server.close());

async function get(path: string): Promise<http.IncomingMessage> {
  await server.listen();
  const { port } = server.server.address() as AddressInfo;
  const [response] = (await once(http.get({ port, path }), 'response')) as [http.IncomingMessage];
  return response;
}

describe('an answer that is sent while it is made', () => {
  it('may be silent for longer than a connection may', async () => {
    server.get('/', async () =>
      Readable.from(
        (async function* () {
          yield 'at first, ';
          await sleep(4 * IDLE_MS);
          yield 'and at last';
        })(),
      ),
    );
    expect(await text(await get('/'))).toBe('at first, and at last');
  });

  it('is given up where nobody reads it', async () => {
    const ended = Promise.withResolvers<string>();
    server.get('/', async () =>
      Readable.from(
        (async function* () {
          try {
            for (;;) yield 'x'.repeat(1_000_000);
          } finally {
            ended.resolve('given up');
          }
        })(),
      ),
    );
    const response = await get('/');
    expect(await ended.promise).toBe('given up');
    response.destroy();
  });

  it('is given up where nobody reads its end', async () => {
    const closed = Promise.withResolvers<void>();
    server.get('/', async (_, { raw }) => {
      raw.once('close', () => closed.resolve());
      return Readable.from([Buffer.alloc(32_000_000)]);
    });
    const response = await get('/');
    await closed.promise;
    await expect(text(response)).rejects.toThrow();
  });

  it('is cut off when its server closes', async () => {
    server.get('/', async () =>
      Readable.from(
        (async function* () {
          yield 'at first, ';
          await sleep(60_000, undefined, { ref: false });
        })(),
      ),
    );
    const answer = text(await get('/')).catch(() => 'cut off');
    await server.close();
    expect(await answer).toBe('cut off');
  });
});

describe('an answer that is made at once', () => {
  it('leaves nothing to tend', async () => {
    server.get('/', async () => ({ made: 'at once' }));
    expect(JSON.parse(await text(await get('/')))).toEqual({ made: 'at once' });
  });
});
