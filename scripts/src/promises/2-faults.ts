/**
 * The faults of promise 2: what makes PostgreSQL unable to keep an event, each brought about for real and cured again.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { System } from '../system.js';
import { patiently } from './patiently.js';
import { query } from './records.js';

const run = promisify(execFile);

/** Where a fault is brought about. */
export interface Ward {
  readonly system: System;
  /** For what a fault needs to lie somewhere; deleted in the end. */
  readonly folder: string;
  /** Asks for a value and tells whether it was released. */
  readonly isReleased: () => Promise<boolean>;
}

/** Undoes a fault. */
export type Cure = () => Promise<void>;

export interface Fault {
  readonly name: string;
  /** Whether a vault that is started meanwhile has to refuse. */
  readonly preventsStart: boolean;
  /** Resolves once the fault is there; throws {@link NotAllowedHere}. */
  readonly bringAbout: (ward: Ward) => Promise<Cure>;
}

/** This machine does not allow a fault to be brought about. */
export class NotAllowedHere extends Error {
  override readonly name = 'NotAllowedHere';
}

const SERVICE_ROLE = 'keytrail_vault_service';
const PARTITION = 'access_journal_000000';
const SPARE_BYTES = 1 << 20;
const AT_ONCE = 16;
const ROUNDS = 64;

export const faults: readonly Fault[] = [
  { name: 'database down', preventsStart: false, bringAbout: takeDown },
  { name: 'database frozen', preventsStart: false, bringAbout: freeze },
  { name: 'database read-only (a standby)', preventsStart: true, bringAbout: demote },
  { name: 'disk of the access journal full', preventsStart: false, bringAbout: fillDisk },
  { name: 'insert right withdrawn', preventsStart: false, bringAbout: withdrawInsert },
  ...['fsync', 'synchronous_commit', 'full_page_writes'].map((setting) => ({
    name: `${setting} off`,
    preventsStart: true,
    bringAbout: (ward: Ward) => switchOff(ward, setting),
  })),
];

/** A setting that PostgreSQL does not know keeps it from starting, however often the supervisor tries. */
async function takeDown({ system }: Ward): Promise<Cure> {
  const file = path.join(system.data.postgres, 'postgresql.auto.conf');
  const settings = fs.readFileSync(file, 'utf8');
  const pids = await processesOf(system);
  fs.writeFileSync(file, `${settings}down_for_a_while = on\n`);
  signalAll(pids, 'SIGKILL');
  return async () => {
    fs.writeFileSync(file, settings);
    await patiently('PostgreSQL is up', () =>
      query(system.databaseUrl('vault'), 'select 1').then(Boolean, () => false),
    );
  };
}

/** The postmaster takes no connection, and the sessions that exist do not answer. */
async function freeze({ system }: Ward): Promise<Cure> {
  const pids = await processesOf(system);
  signalAll(pids, 'SIGSTOP');
  return async () => {
    signalAll(pids, 'SIGCONT');
  };
}

/** A session that has ended since it was listed, or with the postmaster, needs no signal. */
function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** The postmaster and every session, the one that asks excepted. */
async function processesOf(system: System): Promise<readonly number[]> {
  const text = `select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`;
  const sessions = await query<{ pid: number }>(system.databaseUrl('vault'), text);
  return [system.pidOf('postgres'), ...sessions.map(({ pid }) => pid)];
}

async function demote({ system }: Ward): Promise<Cure> {
  const url = system.databaseUrl('vault');
  fs.writeFileSync(path.join(system.data.postgres, 'standby.signal'), '');
  await restart(system);
  return async () => {
    await query(url, 'select pg_promote()');
  };
}

/** The partition in use moves to a disk of its own, which is then filled to its last page. */
async function fillDisk({ system, folder, isReleased }: Ward): Promise<Cure> {
  const url = system.databaseUrl('vault');
  const disk = path.join(folder, 'disk');
  const [row] = await query<{ bytes: string }>(url, `select pg_table_size('${PARTITION}') as bytes`);
  fs.mkdirSync(disk, { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', `size=${Number(row?.bytes) + SPARE_BYTES}`, 'keytrail', disk]).catch(() => {
    throw new NotAllowedHere('mounting is not allowed');
  });
  const cure = async () => {
    fs.rmSync(path.join(disk, 'filler'), { force: true });
    await query(url, `alter table ${PARTITION} set tablespace pg_default`);
    await query(url, 'drop tablespace if exists small_disk');
    await run('umount', [disk]);
  };
  try {
    const room = path.join(disk, 'tablespace');
    const { uid, gid } = fs.statSync(fs.realpathSync(system.data.postgres));
    fs.mkdirSync(room, { mode: 0o700 });
    fs.chownSync(room, uid, gid);
    await query(url, `create tablespace small_disk location '${room}'`);
    await query(url, `alter table ${PARTITION} set tablespace small_disk`);
    fillUp(path.join(disk, 'filler'));
    for (let round = 0; round < ROUNDS && (await hasRoom(isReleased)); round++);
    return cure;
  } catch (error) {
    await cure();
    throw error;
  }
}

/**
 * Each session of the vault writes into a last page of its own, which still takes a few events, and smaller ones than
 * it has refused. So many ask at once, for which a batch may be too large, and then one after the other.
 */
async function hasRoom(isReleased: Ward['isReleased']): Promise<boolean> {
  const together = await Promise.all(Array.from({ length: AT_ONCE }, isReleased));
  let released = together.some(Boolean);
  for (let n = 0; n < AT_ONCE && !released; n++) released = await isReleased();
  return released;
}

function fillUp(file: string): void {
  const handle = fs.openSync(file, 'w');
  try {
    for (;;) fs.writeSync(handle, Buffer.alloc(4_096));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    fs.closeSync(handle);
  }
}

async function withdrawInsert({ system }: Ward): Promise<Cure> {
  const url = system.databaseUrl('vault');
  const [granted] = await query<{ columns: string }>(
    url,
    `select string_agg(column_name, ', ') as columns from information_schema.column_privileges
      where grantee = $1 and table_name = 'access_journal' and privilege_type = 'INSERT'`,
    [SERVICE_ROLE],
  );
  await query(url, `revoke insert on access_journal from ${SERVICE_ROLE}`);
  return async () => {
    await query(url, `grant insert (${granted?.columns}) on access_journal to ${SERVICE_ROLE}`);
  };
}

async function switchOff({ system }: Ward, setting: string): Promise<Cure> {
  const url = system.databaseUrl('vault');
  await query(url, `alter system set ${setting} = off`);
  await reload(url, setting, 'off');
  return async () => {
    await query(url, `alter system reset ${setting}`);
    await reload(url, setting, 'on');
  };
}

/** Sessions learn of a change when it pleases them, so those of the vault are ended and begun again. */
async function reload(url: string, setting: string, wanted: string): Promise<void> {
  await query(url, 'select pg_reload_conf()');
  await patiently(`${setting} is ${wanted}`, async () => {
    const [row] = await query<{ value: string }>(url, 'select current_setting($1) as value', [setting]);
    return row?.value === wanted;
  });
  await query(url, 'select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = $1', [SERVICE_ROLE]);
}

async function restart(system: System): Promise<void> {
  const pid = system.pidOf('postgres');
  process.kill(pid, 'SIGKILL');
  await patiently('PostgreSQL is back', () => system.pidOf('postgres') !== pid);
}
