/** The journal in its one order, for the relay: decisions and accesses, by transaction id and position. */
import type { EventId } from '@keytrail/contracts';
import type { JournalReader, StoredEvent } from '@keytrail/eventsourcing';
import { sql } from 'kysely';
import type { Database } from './database.js';

interface Row {
  readonly tx: string;
  readonly position: string;
  readonly id: string;
  readonly workspace: string;
  readonly aggregate: string;
  readonly type: string;
  readonly time: string;
  readonly body: string;
  readonly salt: string | null;
  readonly detail: string | null;
}

/**
 * Positions are handed out before commit, so a plain `> last` would lose what commits late. Everything below the
 * snapshot's xmin has ended; what is still open has a higher transaction id and comes after whatever is read now.
 */
export function postgresJournalReader(database: Database): JournalReader {
  return {
    async readAfter({ tx, position }, limit) {
      const after = sql`where (tx, position) > (${tx}::xid8, ${position}::bigint)
                          and tx < pg_snapshot_xmin(pg_current_snapshot()) order by tx, position limit ${limit}`;
      const { rows } = await sql<Row>`
        select tx::text, position::text, id, workspace, aggregate, type, rfc3339(time) as time,
               convert_from(body, 'UTF8') as body, encode(salt, 'base64') as salt,
               convert_from(detail, 'UTF8') as detail from (
          (select tx, position, id, workspace, aggregate, type, time, body, salt, detail from journal ${after})
          union all
          (select tx, position, id, workspace, aggregate, type, time, body, salt, detail from access_journal ${after})
        ) both_journals order by both_journals.tx, both_journals.position limit ${limit}`.execute(database);
      return rows.map(storedEventOf);
    },
  };
}

/** A body is UTF-8, and as text half as long on its way. */
function storedEventOf({ tx, position, id, body, ...event }: Row): StoredEvent {
  return { mark: { tx, position }, id: id as EventId, ...event, body: Buffer.from(body) };
}
