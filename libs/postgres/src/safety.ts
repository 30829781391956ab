/** Whether PostgreSQL would keep what the journal acknowledges. */
import { sql } from 'kysely';
import type { Database } from './database.js';

/** Throws, naming each setting, where the journal would refuse to write. */
export async function refuseUnsafeWrites(database: Database): Promise<void> {
  await sql`select refuse_unsafe_writes()`.execute(database);
}
