/**
 * A clone of the repository as somebody else has it: a private folder, an account and a home of its own, driven through
 * npm alone.
 */
import { execFile, execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { DevFile } from '@keytrail/scripts/system';
import { end, isRunning, removeFolder, temporaryFolder } from '@keytrail/testing';

/** Whose processes and files they are. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** What a command said, and how it ended. */
export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `npm start` in a terminal of its own. */
export interface Started {
  /** What it has said so far, on both streams. */
  said(): string;
  /** Ctrl-C: every process in the foreground hears it. Returns once npm has ended. */
  interrupt(): Promise<Said>;
  /** Returns once npm has ended by itself. */
  readonly ended: Promise<Said>;
}

export interface Clone {
  readonly folder: string;
  /**
   * Runs `npm start` and returns once it says that it is ready; throws with all it said when it ends or does not come
   * so far.
   */
  start(): Promise<Started>;
  /** The same with `npm run dev`. */
  dev(): Promise<Started>;
  /** Runs a command to its end, as `npm run -s decrypt -- <reference>`. */
  npm(...args: readonly string[]): Promise<Said>;
  /** What `.keytrail/dev.json` says. */
  devFile(): DevFile;
  /** Every process that was started in this clone and still runs, whoever its parent is now. */
  processes(): readonly number[];
  /** Ends all processes of the clone and deletes it. */
  remove(): Promise<void>;
}

const repository = path.resolve(import.meta.dirname, '../..');
const READY_MS = 150_000;
const COMMAND_MS = 60_000;

/** The account that runs this, as an {@link Account}. */
export const ownAccount: Account = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

/**
 * An account without rights and, where user namespaces allow it, without even a name, as containers have them; `null`
 * where
 * we may not use another account, or it cannot reach npm.
 */
export function ordinaryAccount(): Account | null {
  if (ownAccount.uid !== 0) return null;
  const nameless = { uid: 54_321, gid: 54_321, needs: 'unshare --user --map-user=65534 --map-group=65534 true' };
  const nobody = { uid: 65_534, gid: 65_534, needs: 'true' };
  const reaches = ({ uid, gid, needs }: typeof nobody) =>
    spawnSync('/bin/sh', ['-c', `cd "$0" && npm --version && ${needs}`, os.tmpdir()], {
      uid,
      gid,
      env: environment('/nonexistent'),
    }).status === 0;
  return [nameless, nobody].find(reaches) ?? null;
}

/**
 * Makes a clone of the working tree that shares the installed dependencies with it, so that nothing has to be
 * downloaded.
 */
export async function makeClone(account: Account): Promise<Clone> {
  const { path: top } = await temporaryFolder();
  const [folder, home] = [path.join(top, 'keytrail'), path.join(top, 'home')];
  const remove = async () => {
    for (let left = processesOf(top); left.length > 0; left = processesOf(top)) {
      await Promise.all(left.map((pid) => end(pid, 'SIGKILL', COMMAND_MS)));
    }
    await removeFolder(top);
  };
  try {
    fs.mkdirSync(home);
    copySources(folder);
    await shareDependencies(folder, account);
    if (account.uid !== ownAccount.uid) await giveTo(account, top);
  } catch (error) {
    await remove();
    throw error;
  }
  const run = (args: readonly string[]) =>
    spawn('npm', args, {
      ...account,
      cwd: folder,
      env: environment(home),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
  return {
    folder,
    start: () => untilReady(run(['start'])),
    dev: () => untilReady(run(['run', 'dev'])),
    npm: async (...args) => {
      const child = run(args);
      const patience = setTimeout(() => child.kill('SIGKILL'), COMMAND_MS);
      return listen(child).ended.finally(() => clearTimeout(patience));
    },
    devFile: () => JSON.parse(fs.readFileSync(path.join(folder, '.keytrail/dev.json'), 'utf8')) as DevFile,
    processes: () => processesOf(top),
    remove,
  };
}

/** What a new terminal has: nothing of this test run, and the Node of the machine. */
function environment(home: string): NodeJS.ProcessEnv {
  const { PATH = '', KEYTRAIL_NATS_SERVER } = process.env;
  const folders = PATH.split(path.delimiter).filter((folder) => !folder.includes('node_modules'));
  return {
    PATH: folders.join(path.delimiter),
    HOME: home,
    TMPDIR: os.tmpdir(),
    ...(KEYTRAIL_NATS_SERVER && { KEYTRAIL_NATS_SERVER }),
  };
}

function copySources(folder: string): void {
  for (const file of sources()) {
    const to = path.join(folder, file);
    fs.mkdirSync(path.dirname(to), { recursive: true });
    fs.copyFileSync(path.join(repository, file), to);
  }
}

/** What a commit of everything would hold, uncommitted changes included; paths from the root of the repository. */
function sources(): readonly string[] {
  const exists = (file: string) => fs.existsSync(path.join(repository, file));
  if (exists('.git')) {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: repository,
      encoding: 'utf8',
    });
    return listed.split('\0').filter((file) => file !== '' && exists(file));
  }
  const made = ['node_modules', 'dist', '.cache', '.keytrail', '.nx', 'coverage'];
  return fs
    .readdirSync(repository, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.tsbuildinfo'))
    .map((entry) => path.relative(repository, path.join(entry.parentPath, entry.name)))
    .filter((file) => !file.split(path.sep).some((part) => made.includes(part)));
}

const run = promisify(execFile);

/**
 * A hard link keeps owner and mode, so what only we may read is copied for others; so it is where links cannot reach.
 */
async function shareDependencies(folder: string, { uid }: Account): Promise<void> {
  const isOpen = (fs.statSync(path.join(repository, 'package-lock.json')).mode & 0o004) !== 0;
  const mayLink = isOpen || uid === ownAccount.uid;
  fs.mkdirSync(path.join(folder, '.cache'));
  const rooms = ['.', ...fs.globSync('{apps,libs}/*', { cwd: repository })];
  for (const name of [...rooms.map((room) => path.join(room, 'node_modules')), '.cache/nats-server']) {
    const [from, to] = [path.join(repository, name), path.join(folder, name)];
    if (!fs.existsSync(from)) continue;
    if (mayLink && (await succeeds(run('cp', ['-al', from, to])))) continue;
    await fs.promises.rm(to, { recursive: true, force: true });
    await run('cp', ['-a', from, to]);
  }
}

/** A file with more than one link is the working tree's as well, and stays its own. */
async function giveTo({ uid, gid }: Account, folder: string): Promise<void> {
  const chown = ['chown', '--no-dereference', `${uid}:${gid}`, '{}', '+'];
  await run('find', [folder, '(', '-type', 'd', '-o', '-links', '1', ')', '-exec', ...chown]);
}

async function succeeds(attempt: Promise<unknown>): Promise<boolean> {
  return attempt.then(
    () => true,
    () => false,
  );
}

function listen(child: ChildProcess) {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => (said[name] += text));
  }
  const ended = once(child, 'close').then(([code]): Said => ({ code: code as number | null, ...said }));
  return { said, ended };
}

async function untilReady(child: ChildProcess): Promise<Started> {
  const { said, ended } = listen(child);
  const patience = AbortSignal.timeout(READY_MS);
  const isReady = () => said.stdout.includes('Ctrl-C stops it');
  while (!isReady()) {
    const more = once(child.stdout!, 'data', { signal: patience }).catch(() => null);
    await Promise.race([more, ended]);
    if (!isReady() && (patience.aborted || child.exitCode !== null || child.signalCode !== null)) {
      throw new Error(`npm start did not come up:\n${said.stdout}${said.stderr}`);
    }
  }
  return {
    said: () => `${said.stdout}${said.stderr}`,
    ended,
    interrupt: () => {
      process.kill(-child.pid!, 'SIGINT');
      return ended;
    },
  };
}

/** A process belongs to the folder that it works in, that its environment names or that its command line names. */
function processesOf(folder: string): readonly number[] {
  const names = (pid: string) =>
    fs.readlinkSync(`/proc/${pid}/cwd`).startsWith(folder) ||
    ['environ', 'cmdline'].some((file) => fs.readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(folder));
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return isRunning(Number(pid)) && names(pid);
      } catch {
        // It has ended meanwhile, or is none of ours.
        return false;
      }
    })
    .map(Number);
}
