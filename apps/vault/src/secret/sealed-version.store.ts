/** Sealed material: written with the event that announces it, read when a version is opened. */
import type { SealedVersion } from '@keytrail/crypto';
import { type Database, type DatabaseTransaction, readRows } from '@keytrail/postgres';
import { sql } from 'kysely';
import { countWrap } from '../key/keyring.js';

/** One version's material and what it is bound to. */
export interface StoredVersion extends SealedVersion {
  readonly workspace: string;
  readonly secretId: string;
  readonly version: number;
  readonly keyId: string;
}

/** Stores the material and counts the wrap that made it. */
export async function storeVersion(tx: DatabaseTransaction, of: StoredVersion): Promise<void> {
  await countWrap(tx, of.keyId);
  await sql`insert into sealed_version (secret_id, version, workspace, key_id, wrapped_key, ciphertext)
    values (${of.secretId}, ${of.version}, ${of.workspace}, ${of.keyId}, ${of.wrappedKey}, ${of.ciphertext})`.execute(
    tx,
  );
}

/** The material of a version, or null where there is none. */
export async function loadVersion(
  database: Database,
  { secretId, version }: Pick<StoredVersion, 'secretId' | 'version'>,
): Promise<SealedVersion | null> {
  const query = sql<{ wrapped_key: Buffer; ciphertext: Buffer }>`
    select wrapped_key, ciphertext from sealed_version where secret_id = ${secretId} and version = ${version}`;
  const [row] = await readRows(database, query);
  return row === undefined ? null : { wrappedKey: row.wrapped_key, ciphertext: row.ciphertext };
}
