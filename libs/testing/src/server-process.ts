/** Starts a server program whose output goes to a file and which never outlives its starter unless told to. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import type { Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf, end, killAll } from './process-table.js';

/** How to launch a server program. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** Appended to; made with its folder where absent. */
  readonly logFile: string;
  /** `true`: goes on running when this process ends. */
  readonly detached: boolean;
  /** Account to run as; only root may ask for another. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** How a process ended: one of the two is set. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A server program that was launched. */
export interface ServerProcess {
  readonly pid: number;
  /** Settles when the process has ended, for whatever reason. */
  readonly exited: Promise<Ending>;
  /** How it ended; `null` while it runs. */
  ending(): Ending | null;
  /** Sends the signal `name`, then SIGKILL after ten seconds; returns once the process is gone. */
  stop(name: NodeJS.Signals): Promise<void>;
  /** SIGKILLs the process and every process it started; returns once they are gone. */
  kill(): Promise<void>;
}

/** The environment every server gets: nothing of the caller's settings reaches it. */
export const serverEnvironment: NodeJS.ProcessEnv = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };

/**
 * Launches a server program in a session of its own, so that a Ctrl-C in the terminal does not reach it. Throws when it
 * cannot be started.
 */
export async function launch({ command, args, logFile, detached, owner }: Launch): Promise<ServerProcess> {
  await fs.promises.mkdir(path.dirname(logFile), { recursive: true });
  const log = fs.openSync(logFile, 'a', 0o600);
  const child = spawn(command, args, {
    stdio: ['ignore', log, log],
    cwd: '/',
    env: serverEnvironment,
    detached: true,
    ...owner,
  });
  fs.closeSync(log);
  await started(child);
  child.unref();
  const pid = child.pid as number;
  const dismissGuard = detached ? () => {} : guard(pid);

  let ending: Ending | null = null;
  const exited = new Promise<Ending>((resolve) => {
    child.once('exit', (code, signal) => {
      ending = { code, signal };
      dismissGuard();
      resolve(ending);
    });
  });
  return {
    pid,
    exited,
    ending: () => ending,
    stop: async (name) => {
      child.ref();
      if (!ending) await end(pid, name, 10_000);
      await exited;
    },
    kill: async () => {
      child.ref();
      if (!ending) await killAll([pid, ...childrenOf(pid)]);
      await exited;
    },
  };
}

/**
 * Calls `probe` until it returns without throwing; fails with the end of the log when the server ends or `timeoutMs`
 * pass first.
 */
export async function untilReady(
  server: ServerProcess,
  { name, logFile, timeoutMs, probe }: ReadinessProbe,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (server.ending()) throw new StartFailure(`${name} ended while starting`, logFile);
    try {
      return await probe();
    } catch (cause) {
      if (performance.now() > deadline) {
        await server.kill();
        throw new StartFailure(`${name} was not ready after ${timeoutMs} ms`, logFile, cause);
      }
    }
    await sleep(30);
  }
}

/** What `untilReady` asks and how long it is patient. */
export interface ReadinessProbe {
  readonly name: string;
  readonly logFile: string;
  readonly timeoutMs: number;
  readonly probe: () => Promise<void>;
}

/** A server did not come up; the message ends with the last lines of its log. */
export class StartFailure extends Error {
  /** Whether another process holds the port, so that another port may do. */
  readonly portTaken: boolean;

  constructor(what: string, logFile: string, cause?: unknown) {
    const log = lastLines(logFile);
    super(`${what}; its log ${logFile} ends with:\n${log}`, { cause });
    this.name = 'StartFailure';
    this.portTaken = /address already in use/i.test(log);
  }
}

function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
}

// The kernel closes the pipe however this process ends, kill -9 included; an exit hook would miss that.
function guard(pid: number): () => void {
  const shell = spawn('/bin/sh', ['-c', 'read -r line || kill -KILL "$0"', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    detached: true,
  });
  shell.unref();
  const pipe = shell.stdin as Socket;
  pipe.on('error', () => {});
  pipe.unref();
  return () => pipe.end('stopped\n');
}

function lastLines(file: string): string {
  return fs.readFileSync(file, 'utf8').trimEnd().split('\n').slice(-20).join('\n');
}
