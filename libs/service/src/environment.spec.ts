/** The rules by which a process reads its environment. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { temporaryFolder, type TemporaryFolder } from '@keytrail/testing';
import { EnvironmentRefused, parseEnvironment, SharedEnvironment } from './environment.js';

const Environment = SharedEnvironment.pick({
  KEYTRAIL_NATS_URL: true,
  KEYTRAIL_NATS_RPC_SEED_FILE: true,
  KEYTRAIL_HOST: true,
  KEYTRAIL_HTTP_PORT: true,
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

function mistakesOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    parseEnvironment(Environment, env);
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
    expect(mistakes).toHaveLength(4);
    expect(mistakes.join()).not.toContain(secret);
  });
});

function secretFolder(): string {
  const inner = path.join(folder.path, 'inner');
  fs.mkdirSync(inner, { mode: 0o700 });
  return inner;
}
