/** The rules by which a process reads its environment. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { temporaryFolder, type TemporaryFolder } from '@keytrail/testing';
import type { z } from 'zod';
import { EnvironmentRefused, MigrationEnvironment, parseEnvironment, SharedEnvironment } from './environment.js';

const Environment = SharedEnvironment.pick({
  KEYTRAIL_NATS_URL: true,
  KEYTRAIL_NATS_RPC_SEED_FILE: true,
  KEYTRAIL_NATS_CA_FILE: true,
  KEYTRAIL_HOST: true,
  KEYTRAIL_HTTP_PORT: true,
  KEYTRAIL_TLS_CERT_FILE: true,
  KEYTRAIL_TLS_KEY_FILE: true,
});

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

function secretFile(content: string, mode: number): string {
  const file = path.join(folder.path, `secret-${mode.toString(8)}-${content.length}`);
  fs.writeFileSync(file, content);
  fs.chmodSync(file, mode);
  return file;
}

function mistakesOf(env: NodeJS.ProcessEnv, schema: z.ZodObject = Environment): readonly string[] {
  try {
    parseEnvironment(schema, env);
    return [];
  } catch (error) {
    if (error instanceof EnvironmentRefused) return error.mistakes;
    throw error;
  }
}

const good = (): NodeJS.ProcessEnv => ({
  KEYTRAIL_NATS_URL: 'nats://127.0.0.1:4222',
  KEYTRAIL_NATS_RPC_SEED_FILE: secretFile(' SEED\n', 0o600),
  KEYTRAIL_HTTP_PORT: '8080',
  KEYTRAIL_OTHER: 'left alone',
});

describe('an environment', () => {
  it('is parsed: numbers, defaults and the content of secret files', () => {
    expect(parseEnvironment(Environment, good())).toEqual({
      KEYTRAIL_NATS_URL: 'nats://127.0.0.1:4222',
      KEYTRAIL_NATS_RPC_SEED_FILE: 'SEED',
      KEYTRAIL_HOST: '127.0.0.1',
      KEYTRAIL_HTTP_PORT: 8080,
    });
  });

  it('has every mistake listed at once, by name, and an empty variable is a missing one', () => {
    const mistakes = mistakesOf({ KEYTRAIL_NATS_URL: 'http://x', KEYTRAIL_HTTP_PORT: '65536', KEYTRAIL_HOST: '' });
    expect(mistakes).toEqual([
      'KEYTRAIL_NATS_URL is not a NATS URL without credentials, such as nats://127.0.0.1:4222',
      "KEYTRAIL_NATS_RPC_SEED_FILE is missing: set it to the path of the file with this service's nkey seed for RPC",
      'KEYTRAIL_HTTP_PORT is not a port: 0 to 65535',
    ]);
  });

  it('may name the CA of nats-server, which has to be there', () => {
    const caFile = secretFile('a certificate', 0o644);
    expect(parseEnvironment(Environment, { ...good(), KEYTRAIL_NATS_CA_FILE: caFile })).toMatchObject({
      KEYTRAIL_NATS_CA_FILE: caFile,
    });
    expect(mistakesOf({ ...good(), KEYTRAIL_NATS_CA_FILE: path.join(folder.path, 'absent') })).toEqual([
      'KEYTRAIL_NATS_CA_FILE must be the path of a file that this process can read (ENOENT)',
    ]);
  });

  it.each([
    ['others can read', () => secretFile('secret', 0o644), /^KEYTRAIL_NATS_RPC_SEED_FILE .*chmod 600/],
    ['is empty', () => secretFile(' \n', 0o600), /names an empty file/],
    ['is not there', () => path.join(folder.path, 'absent'), /\(ENOENT\)/],
    ['is a folder', () => secretFolder(), /\(EISDIR\)/],
  ])('is refused when a secret file %s', (_what, file, sentence) => {
    expect(mistakesOf({ ...good(), KEYTRAIL_NATS_RPC_SEED_FILE: file() })).toEqual([expect.stringMatching(sentence)]);
  });

  it('never has a value repeated: a secret may stand in the wrong variable', () => {
    const secret = 'SUAM-misplaced';
    const everywhere = Object.fromEntries(Object.keys(Environment.shape).map((name) => [name, `${secret} @`]));
    const mistakes = mistakesOf(everywhere);
    expect(mistakes).toHaveLength(7);
    expect(mistakes.join()).not.toContain(secret);
  });
});

describe('clear text', () => {
  const OFF_THIS_MACHINE = 'KEYTRAIL_NATS_URL leads off this machine in clear text: use tls:// in place of nats://';

  it.each(['nats://127.0.0.1:4222', 'nats://127.8.9.1:4222', 'nats://localhost:4222', 'nats://[::1]:4222'])(
    'may go to NATS at %s',
    (url) => {
      expect(mistakesOf({ ...good(), KEYTRAIL_NATS_URL: url })).toEqual([]);
    },
  );

  it.each([
    'nats://nats:4222',
    'nats://10.0.0.7:4222',
    'nats://0.0.0.0:4222',
    'nats://[2001:db8::1]:4222',
    'nats://localhost.example.com:4222',
    'nats://127.0.0.1.example.com:4222',
    'nats://127.0.0.1,10.0.0.7:4222',
  ])('may not go to NATS at %s', (url) => {
    expect(mistakesOf({ ...good(), KEYTRAIL_NATS_URL: url })).toEqual([OFF_THIS_MACHINE]);
    expect(mistakesOf({ ...good(), KEYTRAIL_NATS_URL: url.replace('nats://', 'tls://') })).toEqual([]);
  });

  const databaseMistakes = (url: string) =>
    mistakesOf({ KEYTRAIL_OWNER_DATABASE_URL_FILE: secretFile(url, 0o600) }, MigrationEnvironment);

  it.each([
    'postgres://u:p@127.0.0.1:5432/db',
    'postgres://u:p@localhost/db?application_name=x',
    'postgres://u:p@[::1]:5432/db',
    'postgres:///db?host=/var/run/postgresql',
    'postgres://u:p@db.internal/db?sslmode=verify-full',
    'postgres://u:p@10.0.0.7/db?x=1&sslmode=verify-full&sslrootcert=/ca.pem',
  ])('or a proven server is where the database of %s is', (url) => {
    expect(databaseMistakes(url)).toEqual([]);
  });

  it.each([
    'postgres://u:p@db.internal/db',
    'postgres://u:p@10.0.0.7/db?sslmode=require',
    'postgres://u:p@10.0.0.7/db?sslmode=verify-ca',
    'postgres://u:p@10.0.0.7/db?sslmode=verify-full&sslmode=disable',
    'postgres://u:p@10.0.0.7/db#sslmode=verify-full',
    'postgres://u:p@127.0.0.1/db?host=10.0.0.7',
    'no URL: sslmode=verify-full',
  ])('may not go to a database at %s', (url) => {
    expect(databaseMistakes(url)).toEqual([
      'KEYTRAIL_OWNER_DATABASE_URL_FILE leads off this machine: end the URL in it with ?sslmode=verify-full',
    ]);
  });

  it.each(['0.0.0.0', '::', '10.0.0.7', 'gateway.internal'])('may not be served at %s', (host) => {
    expect(mistakesOf({ ...good(), KEYTRAIL_HOST: host })).toEqual([
      'KEYTRAIL_HOST is not loopback: set KEYTRAIL_TLS_CERT_FILE and KEYTRAIL_TLS_KEY_FILE, or use 127.0.0.1',
    ]);
  });

  it('has all its mistakes listed at once, beside the others', () => {
    const wrong = { KEYTRAIL_NATS_URL: 'nats://nats:4222', KEYTRAIL_HOST: '0.0.0.0', KEYTRAIL_HTTP_PORT: 'x' };
    expect(mistakesOf({ ...good(), ...wrong })).toEqual([
      OFF_THIS_MACHINE,
      'KEYTRAIL_HTTP_PORT is not a port: 0 to 65535',
      expect.stringMatching(/^KEYTRAIL_HOST is not loopback/),
    ]);
  });
});

function secretFolder(): string {
  const inner = path.join(folder.path, 'inner');
  fs.mkdirSync(inner, { mode: 0o700 });
  return inner;
}
