/** The table `parked`: events that a projection could not take in, with all that it takes to try them again. */
import type { RawBuilder } from 'kysely';
import { sql } from 'kysely';
import type { Database, DatabaseTransaction } from './database.js';

/**
 * An event with its place in the order of its service, from 1 without gaps; the bytes are as the journal holds them.
 */
export interface ProjectedEvent {
  readonly ordinal: number;
  readonly subject: string;
  readonly body: Uint8Array;
  /** Null once erased, and then `salt` is too. */
  readonly detail: Uint8Array | null;
  readonly salt: Uint8Array | null;
}

/** An event on its way into the table, with what was thrown. */
export interface Parking {
  readonly event: ProjectedEvent;
  readonly orderKey: string | null;
  readonly error: unknown;
  /** How often it was tried by itself; 0 where it only waits behind another. */
  readonly attempts: number;
}

/** What is kept of an error; no text is longer than 500 characters. */
export interface ParkedError {
  readonly name: string;
  readonly message: string;
  readonly code: string | null;
}

export interface ParkedEvent extends ProjectedEvent, Pick<Parking, 'orderKey' | 'attempts'> {
  readonly error: ParkedError;
  /** RFC 3339 UTC, milliseconds. */
  readonly parkedAt: string;
}

/** What has to be tried together, first to last: all of an order key, or an event that has none. */
export interface Queue {
  readonly ordinal: number;
  readonly orderKey: string | null;
}

/** The error of an event that has not failed itself: it must not overtake one of its order key that has. */
export class ParkedBehind extends Error {
  override readonly name = 'ParkedBehind';
  readonly code = 'projection.parked_behind';

  constructor(ordinal: number) {
    super(`behind ordinal ${ordinal}`);
  }
}

interface Row extends Omit<ParkedEvent, 'ordinal' | 'error'>, ParkedError {
  readonly ordinal: string;
}

const COLUMNS = sql`ordinal, order_key as "orderKey", subject, body, detail, salt, error_name as name,
  error_message as message, error_code as code, attempts,
  to_char(parked_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "parkedAt"`;

/** The rows of one projection. */
export class ParkedTable {
  constructor(private readonly projection: string) {}

  async add(tx: DatabaseTransaction, parkings: readonly Parking[]): Promise<void> {
    if (parkings.length === 0) return;
    const rows = parkings.map(({ event: { ordinal, subject, body, detail, salt }, orderKey, error, attempts }) => {
      const { name, message, code } = parkedError(error);
      return sql`(${this.projection}, ${ordinal}::bigint, ${orderKey}, ${storable(subject)}, ${body}::bytea,
                  ${detail}::bytea, ${salt}::bytea, ${name}, ${message}, ${code}, ${attempts}::int, clock_timestamp())`;
    });
    await sql`insert into parked values ${sql.join(rows)}`.execute(tx);
  }

  /** For each of the order keys that has a queue, the ordinal of its first event. */
  async headsOf(tx: DatabaseTransaction, orderKeys: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (orderKeys.length === 0) return new Map();
    // One look at the index for each key, however long its queue has grown: this is asked before every batch.
    const { rows } = await sql<{ key: string; head: string }>`
      select key, head from (select distinct unnest(${orderKeys}::text[]) as key) keys cross join lateral
        (select ordinal as head from parked where projection = ${this.projection} and order_key = key
          order by ordinal limit 1) first`.execute(tx);
    return new Map(rows.map(({ key, head }) => [key, Number(head)]));
  }

  /** Those behind an ordinal, in order. */
  async list(database: Database, after: number, limit: number): Promise<readonly ParkedEvent[]> {
    const { rows } = await sql<Row>`select ${COLUMNS} from parked
      where projection = ${this.projection} and ordinal > ${after}::bigint order by ordinal limit ${limit}`.execute(
      database,
    );
    return rows.map(parkedEventOf);
  }

  async count(database: Database): Promise<number> {
    const { rows } = await sql<{ count: number }>`select count(*)::int as count from parked
      where projection = ${this.projection}`.execute(database);
    return rows[0]?.count ?? 0;
  }

  /** Null where the event is not parked. */
  async queueOf(database: Database, ordinal: number): Promise<Queue | null> {
    const { rows } = await sql<Pick<Queue, 'orderKey'>>`select order_key as "orderKey" from parked
      where projection = ${this.projection} and ordinal = ${ordinal}::bigint`.execute(database);
    return rows[0] === undefined ? null : { ordinal, ...rows[0] };
  }

  /** The ordinal of the first event of a queue; null where there is none left. */
  async headOf(database: Database, queue: Queue): Promise<number | null> {
    const { rows } = await sql<{ ordinal: string }>`select ordinal from parked where ${this.within(queue)}
      order by ordinal limit 1`.execute(database);
    return rows[0] === undefined ? null : Number(rows[0].ordinal);
  }

  async lengthOf(database: Database, queue: Queue): Promise<number> {
    const { rows } = await sql<{ count: number }>`select count(*)::int as count from parked
      where ${this.within(queue)}`.execute(database);
    return rows[0]?.count ?? 0;
  }

  /** One equation each, or no index would lead to the head. */
  private within({ ordinal, orderKey }: Queue): RawBuilder<unknown> {
    const its = orderKey === null ? sql`ordinal = ${ordinal}::bigint` : sql`order_key = ${orderKey}`;
    return sql`projection = ${this.projection} and ${its}`;
  }

  /** Takes an event out; null where it is gone already. */
  async take(tx: DatabaseTransaction, ordinal: number): Promise<ParkedEvent | null> {
    const { rows } = await sql<Row>`delete from parked
      where projection = ${this.projection} and ordinal = ${ordinal}::bigint returning ${COLUMNS}`.execute(tx);
    return rows[0] === undefined ? null : parkedEventOf(rows[0]);
  }

  /** One more attempt has failed. */
  async failedAgain(database: Database, ordinal: number, error: unknown): Promise<void> {
    const { name, message, code } = parkedError(error);
    await sql`update parked set error_name = ${name}, error_message = ${message}, error_code = ${code},
        attempts = attempts + 1
      where projection = ${this.projection} and ordinal = ${ordinal}::bigint`.execute(database);
  }
}

function parkedEventOf({ ordinal, name, message, code, ...event }: Row): ParkedEvent {
  return { ...event, ordinal: Number(ordinal), error: { name, message, code } };
}

/** Other people's errors carry rows and parameters in further properties: those stay out. */
function parkedError(error: unknown): ParkedError {
  const { name, message, code } = Object(error) as { readonly [property: string]: unknown };
  if (typeof message !== 'string')
    return { name: typeof error, message: 'something that is no error was thrown', code: null };
  return { name: brief(String(name)), message: brief(message), code: typeof code === 'string' ? brief(code) : null };
}

const BRIEF_CHARACTERS = 500;

/** A text that an index takes, too. */
export const brief = (text: string): string => storable(text.slice(0, BRIEF_CHARACTERS));

/** Parking has to succeed, whatever a text says. */
const storable = (text: string): string => text.replaceAll('\0', '\uFFFD').toWellFormed();
