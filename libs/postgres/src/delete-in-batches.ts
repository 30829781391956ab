/** Deletes many rows without holding anybody up: in small batches, each a transaction of its own. */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from './database.js';

const BATCH_ROWS = 1_000;

/** Returns once no row of `table` meets `condition`. The role may select and delete there. */
export async function deleteInBatches(
  database: Database,
  table: string,
  condition: RawBuilder<unknown>,
): Promise<void> {
  const from = sql.table(table);
  for (;;) {
    const { numAffectedRows = 0n } = await sql`
      delete from ${from} where ctid = any (array(select ctid from ${from} where ${condition} limit ${BATCH_ROWS}))
    `.execute(database);
    if (numAffectedRows < BATCH_ROWS) return;
  }
}
