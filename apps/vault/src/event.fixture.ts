/** What stands in a vault's journals, as specs look at it. */
import type { EventBody, EventDetail } from '@keytrail/contracts';
import type { Database } from '@keytrail/postgres';
import { sql } from 'kysely';

/** An event with the part of it that can be erased. */
export interface StoredEvent {
  readonly type: string;
  readonly body: EventBody;
  readonly detail: EventDetail;
}

interface Row {
  readonly type: string;
  readonly body: Buffer;
  readonly detail: Buffer;
}

/** The events of a stream, oldest first, whichever journal it stands in. */
export async function eventsOf(database: Database, stream: string): Promise<readonly StoredEvent[]> {
  const { rows } = await sql<Row>`
    select type, body, detail from (
      select position, type, body, detail from journal where stream = ${stream}
      union all
      select position, type, body, detail from access_journal where stream = ${stream}) as event
     order by position`.execute(database);
  return rows.map(({ type, body, detail }) => ({
    type,
    body: JSON.parse(body.toString()) as EventBody,
    detail: JSON.parse(detail.toString()) as EventDetail,
  }));
}
