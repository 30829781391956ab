/** Certificates that any client took, or none, would let every test of TLS pass. */
import { once } from 'node:events';
import fs from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Certificates, certificates } from './certificates.js';
import { temporaryFolder, type TemporaryFolder } from './temporary-folder.js';

let folder: TemporaryFolder;
let files: Certificates;
let ca: Buffer;
let server: tls.Server;
beforeAll(async () => {
  folder = await temporaryFolder();
  files = await certificates({ dir: folder.path });
  ca = await fs.readFile(files.caFile);
  server = tls.createServer({ cert: await fs.readFile(files.certFile), key: await fs.readFile(files.keyFile) });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(async () => {
  server.close();
  await folder.remove();
});

async function reach(options: tls.ConnectionOptions): Promise<boolean> {
  const { port } = server.address() as AddressInfo;
  const socket = tls.connect({ host: '127.0.0.1', port, ...options });
  await once(socket, 'secureConnect');
  socket.destroy();
  return socket.authorized;
}

describe('a server with its certificate', () => {
  it.each([{ host: '127.0.0.1' }, { servername: 'localhost' }])(
    'is believed by who trusts its CA, at %o',
    async (at) => {
      expect(await reach({ ca, ...at })).toBe(true);
    },
  );

  it('is not believed by others, nor under another name', async () => {
    await expect(reach({})).rejects.toThrow();
    const another = await certificates({ dir: `${folder.path}/another` });
    await expect(reach({ ca: await fs.readFile(another.caFile) })).rejects.toThrow();
    await expect(reach({ ca, servername: 'vault.example' })).rejects.toThrow(/altnames/);
  });
});
