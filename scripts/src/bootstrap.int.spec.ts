/** The bootstrap's promises that can be kept without a network: never an older nats-server, one at a time, a clear usage. */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { temporaryFolder, type TemporaryFolder } from '@keytrail/testing';
import { repository } from './state-folder.js';

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

const step = (name: string) => JSON.stringify(path.join(repository, `scripts/bootstrap/${name}.mjs`));
const evaluate = (program: string) => ['--input-type=module', '--eval', program];

function natsServerSaying(version: string): string {
  const file = path.join(folder.path, 'nats-server');
  fs.writeFileSync(file, `#!/bin/sh\necho "nats-server: v${version}"\n`, { mode: 0o755 });
  return file;
}

describe('a nats-server that was chosen by KEYTRAIL_NATS_SERVER', () => {
  const program = `
    import { provideNatsServer } from ${step('nats-server')};
    await provideNatsServer().then(() => console.log('taken'), (error) => console.log(error.message));`;
  const outcome = (file: string) =>
    spawnSync(process.execPath, evaluate(program), {
      encoding: 'utf8',
      env: { ...process.env, KEYTRAIL_NATS_SERVER: file },
    }).stdout.trim();

  it.each(['2.12.6', '2.12.10', '2.15.1', '3.0.0'])('is taken when it is %s', (version) => {
    expect(outcome(natsServerSaying(version))).toBe('taken');
  });

  it.each(['2.9.10', '2.12.5', '1.99.0'])('is refused when it is only %s', (version) => {
    const file = natsServerSaying(version);
    expect(outcome(file)).toBe(`KEYTRAIL_NATS_SERVER is ${file}, which is ${version}; it has to be 2.12.6 or newer.`);
  });

  it('is refused when it is no nats-server', () => {
    expect(outcome('/bin/true')).toContain('no nats-server that runs');
  });
});

describe('two bootstraps of one checkout', () => {
  it('work one after the other', async () => {
    const file = path.join(folder.path, 'steps');
    const program = `
      import fs from 'node:fs';
      import { inTurn } from ${step('turn')};
      const note = (text) => fs.appendFileSync(${JSON.stringify(file)}, text);
      await inTurn(async () => {
        note('[');
        await new Promise((resolve) => setTimeout(resolve, 300));
        note(']');
      });`;
    const runs = [1, 2, 3].map(() =>
      spawn(process.execPath, evaluate(program), { stdio: ['ignore', 'ignore', 'pipe'] }),
    );
    const said = await Promise.all(runs.map(({ stderr }) => text(stderr)));
    expect(fs.readFileSync(file, 'utf8')).toBe('[][][]');
    expect(said.join('')).toContain('another command is preparing this checkout');
  });
});

describe('an unknown command', () => {
  it('is answered with the known ones', () => {
    const bootstrap = path.join(repository, 'scripts/bootstrap.mjs');
    const { stderr, status } = spawnSync(process.execPath, [bootstrap, 'constructor'], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^keytrail: usage: .*start \| demo \| /);
  });
});
