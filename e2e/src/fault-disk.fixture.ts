/** A small disk of its own for PostgreSQL's data, which a test can fill. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { startPostgres } from '@keytrail/testing';

const SIZE = '192m';
const MEBIBYTE = Buffer.alloc(1 << 20);

/** Whether this process may mount a file system, as root outside of containers may. */
export function mayMount(): boolean {
  const folder = fs.mkdtempSync('/tmp/keytrail-mount-');
  try {
    mount(folder, '1m');
    unmount(folder);
    return true;
  } catch {
    return false;
  } finally {
    fs.rmdirSync(folder);
  }
}

export interface SmallDisk {
  /** For a stage: puts PostgreSQL's data on the disk before the system starts. */
  prepare(dir: string): Promise<() => Promise<void>>;
  /** Leaves no byte free. */
  fill(): void;
  free(): void;
}

export function smallDisk(): SmallDisk {
  let data = '';
  const filler = () => path.join(data, 'filler');
  return {
    prepare: async (dir) => {
      const asked = path.join(dir, 'pg');
      await (await startPostgres({ dir: asked })).stop();
      data = fs.realpathSync(asked);
      const aside = `${data}.aside`;
      fs.renameSync(data, aside);
      fs.mkdirSync(data);
      mount(data, SIZE);
      execFileSync('cp', ['-a', `${aside}/.`, data]);
      fs.rmSync(aside, { recursive: true });
      return async () => unmount(data);
    },
    fill: () => {
      const file = fs.openSync(filler(), 'w');
      try {
        for (let size = MEBIBYTE.length; size >= 1_024; size /= 2) writeUntilFull(file, MEBIBYTE.subarray(0, size));
      } finally {
        fs.closeSync(file);
      }
    },
    free: () => fs.rmSync(filler()),
  };
}

function writeUntilFull(file: number, bytes: Buffer): void {
  try {
    while (fs.writeSync(file, bytes) === bytes.length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

function mount(folder: string, size: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'tmpfs', folder], { stdio: 'ignore' });
}

function unmount(folder: string): void {
  execFileSync('umount', [folder], { stdio: 'ignore' });
}
