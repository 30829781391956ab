/** A service's connection to its own database. */
import type { EntityClass, EntitySchema } from '@mikro-orm/core';
import { defineConfig, MikroORM } from '@mikro-orm/postgresql';
import type { Kysely, Transaction } from 'kysely';

/** Typed SQL on the pool; values are bound, never written into the text. */
export type Database = Kysely<unknown>;

/** One open transaction. */
export type DatabaseTransaction = Transaction<unknown>;

/** No write transaction outlives a second: an open one would hold back every reader of the journal's order. */
const TRANSACTION_TIMEOUT_MS = 1_000;
const STATEMENT_TIMEOUT_MS = 5_000;

/** Short statements on warm plans: compiling one costs more than running it. */
const SESSION = {
  transaction_timeout: TRANSACTION_TIMEOUT_MS,
  idle_in_transaction_session_timeout: TRANSACTION_TIMEOUT_MS,
  jit: 'off',
} as const;

export interface DatabaseOptions {
  /** postgres:// URL of the service's role. */
  readonly url: string;
  readonly entities?: readonly (EntityClass | EntitySchema)[];
  readonly connections?: number;
}

/** Opens the pool; connections are made on demand, so a database that is down shows at the first statement. */
export async function openDatabase({ url, entities = [], connections = 10 }: DatabaseOptions): Promise<MikroORM> {
  return MikroORM.init(
    defineConfig({
      clientUrl: url,
      entities: [...entities],
      discovery: { warnWhenNoEntities: false },
      pool: { min: 0, max: connections },
      driverOptions: {
        connectionTimeoutMillis: STATEMENT_TIMEOUT_MS,
        query_timeout: STATEMENT_TIMEOUT_MS,
        statement_timeout: STATEMENT_TIMEOUT_MS,
        keepAlive: true,
        options: Object.entries(SESSION)
          .map(([name, value]) => `-c ${name}=${value}`)
          .join(' '),
      },
    }),
  );
}

/** The pool below an ORM. */
export const databaseOf = (orm: MikroORM): Database => orm.em.getConnection().getClient<unknown>();
