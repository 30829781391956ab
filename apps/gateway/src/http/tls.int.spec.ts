/** The gateway over HTTPS. */
import { once } from 'node:events';
import fs from 'node:fs';
import type http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { certificates, temporaryFolder, type TemporaryFolder } from '@keytrail/testing';
import { admin, startStage, type Stage } from '../gateway.fixture.js';

let folder: TemporaryFolder;
let ca: Buffer;
let stage: Stage;
beforeAll(async () => {
  folder = await temporaryFolder();
  const { caFile, certFile, keyFile } = await certificates({ dir: folder.path });
  ca = fs.readFileSync(caFile);
  stage = await startStage({
    KEYTRAIL_TLS_CERT_FILE: fs.readFileSync(certFile, 'utf8'),
    KEYTRAIL_TLS_KEY_FILE: fs.readFileSync(keyFile, 'utf8'),
  });
});
afterAll(async () => {
  await stage?.close();
  await folder?.remove();
});

const me = () => new URL('/api/v1/access/me', stage.gateway.url);
const headers = { authorization: `Bearer ${admin.token}` };

describe('a gateway with a certificate', () => {
  it('serves whoever knows the CA', async () => {
    const [response] = (await once(https.get(me(), { ca, headers }), 'response')) as [http.IncomingMessage];
    expect([response.statusCode, JSON.parse(await text(response))]).toEqual([200, admin.caller]);
  });

  it('is not believed by others', async () => {
    await expect(once(https.get(me(), { headers }), 'response')).rejects.toThrow();
  });

  it('answers no request in clear text', async () => {
    const socket = net.connect(Number(me().port), '127.0.0.1', () =>
      socket.write(`GET ${me().pathname} HTTP/1.1\r\nhost: x\r\nauthorization: ${headers.authorization}\r\n\r\n`),
    );
    const answer = await text(socket).catch(() => '');
    expect(answer).not.toContain(admin.caller.principal);
    expect(answer).not.toContain('200');
  });
});
