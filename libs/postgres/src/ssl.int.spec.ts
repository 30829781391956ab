/** TLS to a real PostgreSQL. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  certificates,
  type PostgresServer,
  startPostgres,
  type TemporaryFolder,
  temporaryFolder,
} from '@keytrail/testing';
import { sql } from 'kysely';
import { databaseOf, openDatabase } from './database.js';
import { migrate } from './migrate.js';

let folder: TemporaryFolder;
let server: PostgresServer;
let caFile: string;
let otherCaFile: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  const own = await certificates({ dir: path.join(folder.path, 'tls') });
  caFile = own.caFile;
  otherCaFile = (await certificates({ dir: path.join(folder.path, 'other') })).caFile;
  const dir = path.join(folder.path, 'pg');
  // The server reads its key itself, as whoever it runs as.
  server = await startPostgres({ dir });
  await server.stop();
  for (const [name, file] of [
    ['server.crt', own.certFile],
    ['server.key', own.keyFile],
  ] as const) {
    const { uid, gid } = fs.statSync(path.join(dir, 'PG_VERSION'));
    fs.copyFileSync(file, path.join(dir, name));
    fs.chmodSync(path.join(dir, name), 0o600);
    fs.chownSync(path.join(dir, name), uid, gid);
  }
  server = await startPostgres({ dir, settings: { ssl: 'on' } });
}, 60_000);

afterAll(async () => {
  await server?.stop();
  await folder?.remove();
});

const urlWith = (query: string) => `${server.superuserUrl.replace('127.0.0.1', 'localhost')}${query}`;

async function isEncrypted(url: string): Promise<boolean> {
  const orm = await openDatabase({ url });
  try {
    const { rows } = await sql<{ ssl: boolean }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(
      databaseOf(orm),
    );
    return rows[0]?.ssl ?? false;
  } finally {
    await orm.close();
  }
}

it('is spoken where the URL asks for it, in migrations too', async () => {
  const url = urlWith(`?sslmode=verify-full&sslrootcert=${caFile}`);
  expect(await isEncrypted(url)).toBe(true);
  await migrate(url, []);
});

it('is not spoken with somebody whom the named authority does not know', async () => {
  await expect(isEncrypted(urlWith(`?sslmode=verify-full&sslrootcert=${otherCaFile}`))).rejects.toThrow(/certificate/);
});

it('is not left to chance: a mode that verifies nothing is refused', async () => {
  await expect(isEncrypted(urlWith('?sslmode=require'))).rejects.toThrow(/verify-full/);
});

it('is not spoken where the URL does not ask for it', async () => {
  expect(await isEncrypted(urlWith(''))).toBe(false);
});
