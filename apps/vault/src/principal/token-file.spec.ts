/** A file with a token. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TemporaryFolder, temporaryFolder } from '@keytrail/testing';
import { writeTokenFile } from './token-file.js';

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

describe('a file with a token', () => {
  it('is for its owner alone, and is replaced as a whole', async () => {
    const file = path.join(folder.path, 'out.json');
    await fs.writeFile(file, 'an earlier one', { mode: 0o644 });
    await writeTokenFile(file, async () => ({ token: 'kt_1' }));
    expect((await fs.stat(file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await fs.readFile(file, 'utf8'))).toEqual({ token: 'kt_1' });
  });
  it('stays as it was where nothing is produced', async () => {
    const own = await fs.mkdtemp(path.join(folder.path, 'out-'));
    const file = path.join(own, 'out.json');
    await fs.writeFile(file, 'an earlier one');
    await expect(writeTokenFile(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await fs.readdir(own)).toEqual(['out.json']);
    expect(await fs.readFile(file, 'utf8')).toBe('an earlier one');
  });
  it('that cannot be written keeps a token from being made', async () => {
    let produced = false;
    const produce = async () => ({ produced: (produced = true) });
    await expect(writeTokenFile(path.join(folder.path, 'none', 'out.json'), produce)).rejects.toThrow('ENOENT');
    expect(produced).toBe(false);
  });
});
