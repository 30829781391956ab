/** The last line of a test run, as CI reads it. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { temporaryFolder, type TemporaryFolder } from '@keytrail/testing';
import { repository } from './state-folder.js';

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

function lastLineOf(suites: Readonly<Record<string, string>>): {
  readonly line: string;
  readonly status: number | null;
} {
  const configuration = {
    testMatch: ['<rootDir>/*.spec.cjs'],
    reporters: ['default', path.join(repository, 'scripts/closing-line.reporter.mjs')],
  };
  fs.writeFileSync(path.join(folder.path, 'jest.config.json'), JSON.stringify(configuration));
  for (const [name, text] of Object.entries(suites)) fs.writeFileSync(path.join(folder.path, `${name}.spec.cjs`), text);
  const jest = path.join(repository, 'node_modules/jest/bin/jest.js');
  const script = `exec "$0" "$1" --rootDir "$2" 2>&1`;
  const { stdout, status } = spawnSync('/bin/sh', ['-c', script, process.execPath, jest, folder.path], {
    cwd: folder.path,
    encoding: 'utf8',
  });
  return { line: stdout.trimEnd().split('\n').at(-1) ?? '', status };
}

describe('the closing line', () => {
  it('counts what passed, failed and was skipped', () => {
    const suite = `
      it('passes', () => {});
      it('passes too', () => {});
      it('fails', () => { throw new Error('no') });
      xit('is skipped', () => {});
      it.todo('is to be written');`;
    expect(lastLineOf({ mixed: suite })).toEqual({ line: '2 passed, 1 failed, 2 skipped', status: 1 });
  });

  it('counts a suite that cannot be loaded as a failure', () => {
    const suites = { good: `it('passes', () => {});`, broken: `require('./absent.cjs');` };
    expect(lastLineOf(suites)).toEqual({ line: '1 passed, 1 failed, 0 skipped', status: 1 });
  });

  it('is there when all is well', () => {
    expect(lastLineOf({ good: `it('passes', () => {});` })).toEqual({
      line: '1 passed, 0 failed, 0 skipped',
      status: 0,
    });
  });
});
