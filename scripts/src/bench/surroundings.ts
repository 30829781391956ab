/** What a figure depends on beside the code: versions, settings read from the servers, and what else runs. */
import { execFileSync } from 'node:child_process';
import os from 'node:os';
import { Client } from 'pg';
import { repository } from '../state-folder.js';

const SETTINGS = [
  'server_version',
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'shared_buffers',
  'commit_delay',
];

/** One connection to a database as its superuser. */
export async function withDatabase<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  // A server that goes down meanwhile fails the statement, or did so after it was answered.
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Settings of PostgreSQL as the server tells them. */
export async function postgresSettings(client: Client): Promise<Readonly<Record<string, string>>> {
  const { rows } = await client.query<{ name: string; setting: string }>(
    'select name, setting from pg_settings where name = any($1) order by name',
    [SETTINGS],
  );
  return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
}

/** `otherLoad` is the load average over the last minute, read before the first round. */
export function surroundings() {
  const cpus = os.cpus();
  return {
    commit: commitOf(repository),
    node: process.version,
    cpu: `${cpus.length} x ${cpus[0]?.model ?? 'unknown'}`,
    otherLoad: os.loadavg()[0],
  };
}

/** A tarball has no history. */
function commitOf(dir: string): string | null {
  try {
    return execFileSync('git', ['-C', dir, 'rev-parse', '--short', 'HEAD'], { stdio: 'pipe' }).toString().trim();
  } catch {
    return null;
  }
}
