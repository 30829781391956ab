/** Runs one of Keytrail's services as a child that ends with us and does not hear the terminal's Ctrl-C. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { end, isRunning, type Ending } from '@keytrail/testing';
import type { Running } from './keep-running.js';
import { repository } from './state-folder.js';

/** How to run a service. */
export interface ServiceProcess {
  readonly name: string;
  /** The compiled file to run. */
  readonly main: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Further options of Node's, such as `--cpu-prof`. */
  readonly nodeOptions?: readonly string[];
  /** Answers 200 once the service is ready. */
  readonly readyUrl: string;
  readonly logFile: string;
  /** Ends the attempt, and the process. */
  readonly signal: AbortSignal;
  /** Called as soon as there is a process, long before it is ready. */
  onSpawn(pid: number): void;
}

const readyMs = 60_000;
/** A service drains for up to ten seconds, and sends its last spans for up to two. */
const drainMs = 14_000;

/** A service did not become ready, or a program failed; the message ends with the last lines of its log. */
export class ServiceFailed extends Error {
  override readonly name = 'ServiceFailed';

  constructor(what: string, logFile: string) {
    super(`${what}; ${logFile} ends with:\n${lastLines(logFile)}`);
  }
}

/** Starts a service and returns once it is ready. Throws {@link ServiceFailed}. */
export async function startService(service: ServiceProcess): Promise<Running> {
  const { child, exited } = run({ ...service, ipc: true });
  const pid = child.pid as number;
  service.onSpawn(pid);
  const stop = async () => {
    if (isRunning(pid)) await end(pid, 'SIGTERM', drainMs);
    await exited;
  };
  try {
    await untilReady(service, pid);
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid, exited, stop };
}

async function untilReady({ name, readyUrl, logFile, signal }: ServiceProcess, pid: number): Promise<void> {
  const deadline = performance.now() + readyMs;
  while (!(await isReady(readyUrl))) {
    signal.throwIfAborted();
    if (!isRunning(pid)) throw new ServiceFailed(`${name} ended while starting`, logFile);
    if (performance.now() > deadline) throw new ServiceFailed(`${name} was not ready in ${readyMs} ms`, logFile);
    await sleep(50);
  }
}

/** Runs a compiled file to its end, such as a service's migrations. Throws {@link ServiceFailed} unless it exits 0. */
export async function runToEnd(
  program: Pick<ServiceProcess, 'name' | 'main' | 'environment' | 'logFile'>,
): Promise<void> {
  const { exited } = run({ ...program, ipc: false });
  const { code } = await exited;
  if (code !== 0) throw new ServiceFailed(`${program.name} failed`, program.logFile);
}

const compileCache = path.join(repository, '.cache/compiled');

interface Program {
  readonly main: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly nodeOptions?: readonly string[];
  readonly logFile: string;
  readonly ipc: boolean;
}

/**
 * Stack traces name the source. And a heap that has grown under load stays as it is: to give it back V8 collects all of
 * it and begins with the small one of a start, which held up every request for half a second, under load as well.
 * V8 reads this only here; what it reads later, a service tells it itself.
 */
const NODE_OPTIONS = ['--enable-source-maps', '--no-memory-reducer'];

function run({ main, environment, nodeOptions = [], logFile, ipc }: Program) {
  const log = fs.openSync(logFile, 'a', 0o600);
  const child = spawn(process.execPath, [...NODE_OPTIONS, ...nodeOptions, main], {
    stdio: ['ignore', log, log, ...(ipc ? ['ipc' as const] : [])],
    // Compiled code is kept between starts: a service is ready in two thirds of the time.
    env: { PATH: process.env['PATH'], TZ: 'UTC', NODE_COMPILE_CACHE: compileCache, ...environment },
    detached: true,
  });
  fs.closeSync(log);
  const exited: Promise<Ending> = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  return { child, exited };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

function lastLines(file: string): string {
  return fs.readFileSync(file, 'utf8').trimEnd().split('\n').slice(-20).join('\n');
}
