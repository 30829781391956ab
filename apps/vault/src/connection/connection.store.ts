/** Which connection is whose: bound when nats-server asks about it, looked up when a session is opened on it. */
import type { Conn, Principal } from '@keytrail/contracts';
import { type Database, deleteInBatches, readRows } from '@keytrail/postgres';
import { sql } from 'kysely';

/** A connection is admitted anew every few minutes; one that was not for so long is gone. */
const KEPT_HOURS = 24;

export interface Connection {
  readonly principal: Principal;
  readonly address: string;
}

export class ConnectionStore {
  constructor(private readonly database: Database) {}

  /** Binds a connection to its principal, for as long as it comes back; false where it is somebody else's. */
  async bind(conn: Conn, { principal, address }: Connection): Promise<boolean> {
    const rows = await readRows(
      this.database,
      sql`insert into connection (conn, principal, address) values (${conn}, ${principal}, ${address})
          on conflict (conn) do update set address = excluded.address, bound_at = clock_timestamp()
           where connection.principal = excluded.principal
          returning conn`,
    );
    return rows.length === 1;
  }

  /** Null for one that was never bound. */
  async find(conn: Conn): Promise<Connection | null> {
    const query = sql<Connection>`select principal, address from connection where conn = ${conn}`;
    const [row] = await readRows(this.database, query);
    return row ?? null;
  }

  /** Deletes those that have not been admitted for a day. */
  async forgetGone(): Promise<void> {
    const isGone = sql`bound_at < clock_timestamp() - make_interval(hours => ${KEPT_HOURS}::int)`;
    await deleteInBatches(this.database, 'connection', isGone);
  }
}
