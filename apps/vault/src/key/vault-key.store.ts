/** The vault's own keys at rest: the private halves wrapped by the root key. */
import type { KeyEvent } from '@keytrail/contracts';
import { type Database, type DatabaseTransaction, readRows } from '@keytrail/postgres';
import { sql } from 'kysely';

/** A key as it is stored; times in RFC 3339, absent for the signing key, which has no end. */
export interface StoredVaultKey {
  readonly keyId: string;
  readonly purpose: 'signing' | 'sealing';
  readonly publicKey: Buffer;
  readonly wrapped: Buffer;
  readonly notBefore: string | null;
  readonly notAfter: string | null;
}

/** Stores those of the keys that the events announce. */
export async function storeVaultKeys(
  tx: DatabaseTransaction,
  keys: readonly StoredVaultKey[],
  events: readonly KeyEvent[],
): Promise<void> {
  const announced = new Set<string>(events.map(({ data }) => data.keyId));
  for (const key of keys.filter(({ keyId }) => announced.has(keyId)))
    await sql`insert into vault_key (key_id, purpose, public_key, wrapped, not_before, not_after) values (
      ${key.keyId}, ${key.purpose}, ${key.publicKey}, ${key.wrapped}, ${key.notBefore}, ${key.notAfter})`.execute(tx);
}

/** All keys, newest first. */
export function loadVaultKeys(database: Database): Promise<readonly StoredVaultKey[]> {
  return readRows(
    database,
    sql<StoredVaultKey>`
      select key_id as "keyId", purpose, public_key as "publicKey", wrapped,
             rfc3339(not_before) as "notBefore", rfc3339(not_after) as "notAfter"
        from vault_key order by not_before desc nulls last, key_id desc`,
  );
}

/** Deletes the sealing keys that ended before `beforeMs`, epoch milliseconds. */
export async function forgetSealingKeys(database: Database, beforeMs: number): Promise<void> {
  await readRows(
    database,
    sql`delete from vault_key where purpose = 'sealing' and not_after < ${new Date(beforeMs).toISOString()}`,
  );
}
