/** How far a projection has come in the order of one service. */
import { sql } from 'kysely';
import type { Database, DatabaseTransaction } from './database.js';

/** The last ordinal that is done with; 0 before the first. */
export async function checkpointOf(database: Database, projection: string, locking = sql``): Promise<number> {
  const query = sql<{
    ordinal: string;
  }>`select ordinal from projection_checkpoint where projection = ${projection} ${locking}`;
  const { rows } = await query.execute(database);
  return Number(rows[0]?.ordinal ?? 0);
}

/** The same, and nobody else moves it, or changes what is parked, before this transaction has ended. */
export async function lockCheckpoint(tx: DatabaseTransaction, projection: string): Promise<number> {
  await sql`insert into projection_checkpoint values (${projection}, 0) on conflict do nothing`.execute(tx);
  const ordinal = await checkpointOf(tx, projection, sql`for update`);
  // Before the first event nothing is parked: what is there was left behind by a rebuild from zero, and comes again.
  if (ordinal === 0) await sql`delete from parked where projection = ${projection}`.execute(tx);
  return ordinal;
}

export async function moveCheckpoint(tx: DatabaseTransaction, projection: string, ordinal: number): Promise<void> {
  await sql`update projection_checkpoint set ordinal = ${ordinal} where projection = ${projection}`.execute(tx);
}
