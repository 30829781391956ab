/** Reads outside of a transaction, failing as the journal's callers know it. */
import type { RawBuilder } from 'kysely';
import type { Database } from './database.js';
import { asJournalFault } from './fault.js';

/** The rows of a query. Throws `JournalUnavailable` where the database cannot answer it. */
export async function readRows<R>(database: Database, query: RawBuilder<R>): Promise<readonly R[]> {
  try {
    return (await query.execute(database)).rows;
  } catch (error) {
    throw asJournalFault(error);
  }
}
