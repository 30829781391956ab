/** A process that listens proves its name, or stays on loopback. */
import { once } from 'node:events';
import fs from 'node:fs';
import type http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { certificates, temporaryFolder, type TemporaryFolder } from '@keytrail/testing';
import { EnvironmentRefused, parseEnvironment, SharedEnvironment } from './environment.js';
import { startHealthServer } from './probe-server.js';
import { serverIdentityOf } from './server-identity.js';

const Environment = SharedEnvironment.pick({
  KEYTRAIL_HOST: true,
  KEYTRAIL_TLS_CERT_FILE: true,
  KEYTRAIL_TLS_KEY_FILE: true,
});

type Files = Awaited<ReturnType<typeof certificates>>;

let folder: TemporaryFolder;
let own: Files;
let other: Files;
beforeAll(async () => {
  folder = await temporaryFolder();
  own = await filesIn('own');
  other = await filesIn('other');
});
afterAll(() => folder.remove());

async function filesIn(name: string): Promise<Files> {
  const dir = path.join(folder.path, name);
  fs.mkdirSync(dir);
  const files = await certificates({ dir });
  fs.chmodSync(files.keyFile, 0o600);
  return files;
}

const both = ({ certFile, keyFile }: Pick<Files, 'certFile' | 'keyFile'>): NodeJS.ProcessEnv => ({
  KEYTRAIL_TLS_CERT_FILE: certFile,
  KEYTRAIL_TLS_KEY_FILE: keyFile,
});

function mistakesOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    parseEnvironment(Environment, { KEYTRAIL_HOST: '0.0.0.0', ...env });
    return [];
  } catch (error) {
    if (error instanceof EnvironmentRefused) return error.mistakes;
    throw error;
  }
}

describe('a certificate', () => {
  it('with its key lets a process listen anywhere', () => {
    expect(mistakesOf(both(own))).toEqual([]);
    expect(serverIdentityOf(parseEnvironment(Environment, both(own)))).toEqual({
      cert: expect.stringContaining('BEGIN CERTIFICATE'),
      key: expect.stringContaining('PRIVATE KEY'),
    });
    expect(serverIdentityOf(parseEnvironment(Environment, {}))).toBeUndefined();
  });

  it.each(['KEYTRAIL_TLS_CERT_FILE', 'KEYTRAIL_TLS_KEY_FILE'] as const)('is nothing with %s alone', (name) => {
    expect(mistakesOf({ [name]: both(own)[name] })).toEqual([
      'KEYTRAIL_TLS_CERT_FILE and KEYTRAIL_TLS_KEY_FILE belong together: set both, or neither',
    ]);
  });

  it('is refused with the key of another, and with what is none', () => {
    for (const keyFile of [other.keyFile, own.certFile]) {
      fs.chmodSync(keyFile, 0o600);
      expect(mistakesOf(both({ ...own, keyFile }))).toEqual([
        'KEYTRAIL_TLS_CERT_FILE and KEYTRAIL_TLS_KEY_FILE do not hold a certificate in PEM and its own key',
      ]);
    }
  });

  it('is refused where others can read its key', () => {
    fs.chmodSync(other.keyFile, 0o644);
    expect(mistakesOf(both(other))).toEqual([expect.stringMatching(/^KEYTRAIL_TLS_KEY_FILE .*chmod 600/)]);
  });
});

describe('the health of a process that has one', () => {
  it('is told over TLS, and in clear text to nobody', async () => {
    const identity = serverIdentityOf(parseEnvironment(Environment, both(own)));
    const server = await startHealthServer({ host: '127.0.0.1', port: 0, checks: [], identity });
    const { port } = server;
    const request = https.get({ host: '127.0.0.1', port, path: '/health/ready', ca: fs.readFileSync(own.caFile) });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    expect([response.statusCode, await text(response)]).toEqual([200, '{"status":"ready"}']);
    await expect(fetch(`http://127.0.0.1:${port}/health/ready`)).rejects.toThrow();
    await server.close();
  });
});
