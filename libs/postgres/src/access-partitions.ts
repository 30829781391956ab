/** Keeps a partition of the access journal ready ahead of the positions in use. */
import { sql } from 'kysely';
import type { Database } from './database.js';

/** Creates the partition in use and the next two where they are missing; cheap where they exist. */
export async function ensureAccessPartitions(database: Database): Promise<void> {
  await sql`select ensure_access_partitions()`.execute(database);
}
