/** Where streams stand, for decisions that are recorded some other way than at their revision. */
import { sql } from 'kysely';
import type { Database } from './database.js';
import { readRows } from './read-rows.js';

/** The revisions of those of the streams that exist. Throws `JournalUnavailable`. */
export async function streamRevisions(
  database: Database,
  streams: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (streams.length === 0) return new Map();
  const rows = await readRows(
    database,
    sql<{ stream: string; revision: string }>`
      select stream, revision from stream_head where stream = any (${streams}::text[])`,
  );
  return new Map(rows.map(({ stream, revision }) => [stream, Number(revision)]));
}
