/**
 * What holds the relay back, as seen from the database: the oldest open transaction, and the oldest event that waits.
 */
import { sql } from 'kysely';
import type { Database } from './database.js';

/** An open transaction, named by its database and its state alone: `keytrail_audit idle in transaction`. */
export interface HorizonHolder {
  readonly holder: string;
  /** Since it began; a prepared one, since it was prepared. */
  readonly ageSeconds: number;
}

/**
 * The transaction of the whole cluster behind which no reader of the journal's order sees anything, or null where there
 * is none. Transactions that only read hold nobody back.
 */
export async function horizonHolder(database: Database): Promise<HorizonHolder | null> {
  const { rows } = await sql<HorizonHolder>`select holder, age_seconds as "ageSeconds" from horizon_holder()`.execute(
    database,
  );
  return rows[0] ?? null;
}

/**
 * How long the oldest event has waited that no relay is known to have published, in seconds; 0 where none waits. Exact
 * to
 * a fraction of a second while events come in, for the mark is saved a few times a second.
 */
export async function unpublishedSeconds(database: Database, relay: string): Promise<number> {
  const after = sql`where (tx, position) > (select coalesce(max(tx), '0'), coalesce(max(position), 0) from relay_mark
                                             where relay = ${relay}) order by tx, position limit 1`;
  const { rows } = await sql<{ seconds: number }>`
    select greatest(coalesce(extract(epoch from clock_timestamp() - min(time)), 0), 0)::float8 as seconds
      from ((select time from journal ${after}) union all (select time from access_journal ${after})) oldest`.execute(
    database,
  );
  return rows[0]?.seconds ?? 0;
}
