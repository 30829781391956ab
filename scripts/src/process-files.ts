/** Remembers a local system's processes in files, so that the next start can end what a kill -9 left behind. */
import fs from 'node:fs';
import path from 'node:path';
import { end, identify, stillRuns, type ProcessIdentity } from '@keytrail/testing';
import type { ServiceName } from './dev-file.js';
import { writePrivate } from './state-folder.js';

/** What runs in a local system. */
export type ProcessName = 'supervisor' | 'postgres' | 'nats' | ServiceName;

/** The services before the servers they need. */
const endings: readonly (readonly [ProcessName, NodeJS.Signals])[] = [
  ['gateway', 'SIGTERM'],
  ['vault', 'SIGTERM'],
  ['rotation-scheduler', 'SIGTERM'],
  ['audit', 'SIGTERM'],
  ['anomaly-detector', 'SIGTERM'],
  ['nats', 'SIGTERM'],
  ['postgres', 'SIGINT'],
];

/** Remembers a running process under its name. */
export function remember(run: string, name: ProcessName, pid: number): void {
  const identity = identify(pid);
  if (identity) writePrivate(fileOf(run, name), JSON.stringify(identity));
}

/** The remembered process, if exactly that one still runs; an id that another process has taken over does not count. */
export function remembered(run: string, name: ProcessName): ProcessIdentity | null {
  const file = fileOf(run, name);
  if (!fs.existsSync(file)) return null;
  const identity = JSON.parse(fs.readFileSync(file, 'utf8')) as ProcessIdentity;
  return stillRuns(identity) ? identity : null;
}

/** Forgets a process that has ended. */
export function forget(run: string, name: ProcessName): void {
  fs.rmSync(fileOf(run, name), { force: true });
}

/** Ends all remembered processes but the supervisor, and returns a line about each. */
export async function endLeftovers(run: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const [name, signal] of endings) {
    const left = remembered(run, name);
    if (left) {
      await end(left.pid, signal, 12_000);
      lines.push(`ended ${name} (process ${left.pid}), left over from a start that was killed`);
    }
    forget(run, name);
  }
  return lines;
}

const fileOf = (run: string, name: ProcessName) => path.join(run, `${name}.json`);
