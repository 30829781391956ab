/** Folding another service's events exactly once: the effect and how far we are commit together. */
import { sql } from 'kysely';
import type { Database, DatabaseTransaction } from './database.js';

/** An event with its place in the order of its service, from 1 without gaps. */
export interface Ordered {
  readonly ordinal: number;
}

export interface ProjectionOptions<T extends Ordered> {
  readonly database: Database;
  /** The name under which the checkpoint is kept, such as `audit-vault`. */
  readonly name: string;
  /** Writes the effect of the events, which are new and in order. */
  readonly apply: (tx: DatabaseTransaction, events: readonly T[]) => Promise<void>;
}

export interface Projection<T extends Ordered> {
  /** The last ordinal whose effect is committed; 0 before the first. */
  lastOrdinal(): Promise<number>;
  /** Applies what is new of `events`; what was applied before is passed over. A gap is refused. */
  handle(events: readonly T[]): Promise<void>;
}

/** An event is missing between the checkpoint and what arrived; nothing was written. */
export class OrdinalGap extends Error {
  override readonly name = 'OrdinalGap';
  readonly code = 'projection.gap';
}

export function projection<T extends Ordered>({ database, name, apply }: ProjectionOptions<T>): Projection<T> {
  return {
    lastOrdinal: () => ordinalOf(database, name),
    handle: (events) =>
      database.transaction().execute(async (tx) => {
        await sql`insert into projection_checkpoint values (${name}, 0) on conflict do nothing`.execute(tx);
        const done = await ordinalOf(tx, name, sql`for update`);
        const fresh = events.filter(({ ordinal }) => ordinal > done);
        if (fresh.length === 0) return;
        fresh.forEach(({ ordinal }, i) => refuseGap(name, done + 1 + i, ordinal));
        await apply(tx, fresh);
        const last = done + fresh.length;
        await sql`update projection_checkpoint set ordinal = ${last} where projection = ${name}`.execute(tx);
      }),
  };
}

async function ordinalOf(database: Database, name: string, locking = sql``): Promise<number> {
  const query = sql<{
    ordinal: string;
  }>`select ordinal from projection_checkpoint where projection = ${name} ${locking}`;
  const { rows } = await query.execute(database);
  return Number(rows[0]?.ordinal ?? 0);
}

function refuseGap(name: string, expected: number, ordinal: number): void {
  if (ordinal !== expected) throw new OrdinalGap(`${name} expected event ${expected} and was given ${ordinal}`);
}
