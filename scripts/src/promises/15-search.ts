/** Everything that a system has written: its files as they lie there, and its databases row by row. */
import fs from 'node:fs';
import path from 'node:path';
import { findCanary, type CanaryEncoding } from '@keytrail/testing';
import { databaseOwners } from '../local-databases.js';
import type { System } from '../system.js';
import { query } from './records.js';

/** A place to search; its content is read when it is searched. */
export interface Haystack {
  readonly place: string;
  readonly read: () => Promise<Buffer>;
}

export interface Found {
  readonly place: string;
  /** By position in what was looked for. */
  readonly needle: number;
  readonly encoding: CanaryEncoding;
}

/** Nothing is skipped by name, type or size. */
export async function search(haystacks: readonly Haystack[], needles: readonly Buffer[]): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const { place, read } of haystacks) {
    const hits = findCanary(await read(), needles);
    found.push(...hits.map(({ canary, encoding }) => ({ place, needle: canary, encoding })));
  }
  return found;
}

/** Every file below the system's folder, links followed: PostgreSQL's data may stand elsewhere. */
export function filesOf({ dir }: System): readonly Haystack[] {
  return filesBelow(dir).map((file) => ({
    place: path.relative(dir, file),
    // What a server has just thrown away holds nothing any more.
    read: () => fs.promises.readFile(file).catch(() => Buffer.alloc(0)),
  }));
}

function filesBelow(folder: string): readonly string[] {
  return fs.readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    if (stat?.isDirectory()) return filesBelow(file);
    return stat?.isFile() ? [file] : [];
  });
}

/** Every table of every service, as text: what a dump would hold, and nothing in it is compressed. */
export async function dumpOf(system: System): Promise<readonly Haystack[]> {
  const dumps = databaseOwners.map(async (owner) => {
    const url = system.databaseUrl(owner);
    const tables = await query<{ name: string }>(
      url,
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
        where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    return tables.map(({ name }) => ({ place: `${owner}: ${name}`, read: () => rowsOf(url, name) }));
  });
  return (await Promise.all(dumps)).flat();
}

async function rowsOf(url: string, table: string): Promise<Buffer> {
  const rows = await query<{ row: string }>(url, `select t::text as row from ${table} as t`);
  return Buffer.from(rows.map(({ row }) => row).join('\n'));
}
