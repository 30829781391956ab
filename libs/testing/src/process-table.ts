/** What Linux says about processes: who runs, who started whom, and whether a remembered process is still the same. */
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that cannot be mistaken for a later one with the same id. Plain JSON, meant for pid files. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks between boot and the start of the process, from `proc(5)`. */
  readonly startTicks: string;
  readonly bootId: string;
}

/** The identity of a running process, or `null` when no such process runs. */
export function identify(pid: number): ProcessIdentity | null {
  const stat = readStat(pid);
  return stat && { pid, startTicks: stat.startTicks, bootId: bootId() };
}

/** Whether exactly this process still runs: same id, same start, same boot. */
export function stillRuns(identity: ProcessIdentity): boolean {
  return readStat(identity.pid)?.startTicks === identity.startTicks && bootId() === identity.bootId;
}

/** Whether a process with this id runs; one that has ended and only waits for its parent does not. */
export function isRunning(pid: number): boolean {
  return readStat(pid) !== null;
}

/** Running processes that `pid` started. */
export function childrenOf(pid: number): readonly number[] {
  return processIds().filter((each) => readStat(each)?.parent === pid);
}

/** Running processes whose working directory is `folder` (a real path) and that we may look at. */
export function processesIn(folder: string): readonly number[] {
  return processIds().filter((pid) => workingDirectory(pid) === folder && isRunning(pid));
}

/** Resolves to `true` once `condition` holds, to `false` when it does not within `timeoutMs`. */
export async function eventually(condition: () => boolean, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

/** Sends a signal to a process that may have ended meanwhile. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Ends a process with `first` and, where that takes longer than `timeoutMs`, with SIGKILL; returns once it is gone. */
export async function end(pid: number, first: NodeJS.Signals, timeoutMs: number): Promise<void> {
  signal(pid, first);
  if (await eventually(() => !isRunning(pid), timeoutMs)) return;
  await killAll([pid]);
}

/** SIGKILLs the given processes and returns once none of them runs. */
export async function killAll(pids: readonly number[]): Promise<void> {
  for (const pid of pids) signal(pid, 'SIGKILL');
  if (await eventually(() => !pids.some(isRunning), 10_000)) return;
  throw new Error(`processes ${pids.filter(isRunning).join(', ')} are still there ten seconds after SIGKILL`);
}

interface Stat {
  readonly parent: number;
  readonly startTicks: string;
}

function readStat(pid: number): Stat | null {
  let text: string;
  try {
    text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // The second field is the name in parentheses and may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields;
  const startTicks = fields[19];
  if (state === 'Z' || state === 'X' || startTicks === undefined) return null;
  return { parent: Number(parent), startTicks };
}

function bootId(): string {
  return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function processIds(): readonly number[] {
  return fs.readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

function workingDirectory(pid: number): string | null {
  try {
    return fs.readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}
