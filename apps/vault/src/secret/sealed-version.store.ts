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

/** Which version of which secret. */
export type VersionKey = Pick<StoredVersion, 'secretId' | 'version'>;

/** The material of each of these versions, in their order; null where there is none. */
export async function loadVersions(
  database: Database,
  keys: readonly VersionKey[],
): Promise<readonly (SealedVersion | null)[]> {
  const query = sql<{ place: string; wrapped_key: Buffer; ciphertext: Buffer }>`
    select place, wrapped_key, ciphertext
      from unnest(${keys.map(({ secretId }) => secretId)}::uuid[], ${keys.map(({ version }) => version)}::int[])
             with ordinality as asked (secret_id, version, place)
      join sealed_version using (secret_id, version)`;
  const found = new Map((await readRows(database, query)).map((row) => [Number(row.place), row]));
  return keys.map((_, i) => {
    const row = found.get(i + 1);
    return row === undefined ? null : { wrappedKey: row.wrapped_key, ciphertext: row.ciphertext };
  });
}
