/** A service's connections to its own database, none of which outlives its usefulness. */
import type { EntityClass, EntitySchema } from '@mikro-orm/core';
import { defineConfig, MikroORM } from '@mikro-orm/postgresql';
import type { Kysely, Transaction } from 'kysely';
import type { Pool } from 'pg';
import { sslOf } from './ssl.js';
import { watchClient } from './watched-client.js';

/** Typed SQL on the pool; values are bound, never written into the text. */
export type Database = Kysely<unknown>;

/** One open transaction. */
export type DatabaseTransaction = Transaction<unknown>;

/** In ms, each longer than the one before, so that the gentlest bound is the one that is met. */
interface Bounds {
  /** The server cancels the statement. */
  readonly statementMs: number;
  /** The server ends the session. */
  readonly transactionMs: number;
  /** We end the connection. */
  readonly answerMs: number;
}

/**
 * An open write transaction holds back every reader of a journal's order, in the whole cluster; a reading one does not.
 */
const BOUNDS = {
  write: { statementMs: 900, transactionMs: 1_000, answerMs: 2_000 },
  read: { statementMs: 5_000, transactionMs: 5_500, answerMs: 6_000 },
} as const satisfies Record<string, Bounds>;

/**
 * In ms. The pool lets go of a session that is idle, so the server ends only one whose client is gone without a word:
 * it may
 * hold the lock of whoever leads.
 */
const IDLE = { poolMs: 2_500, serverMs: 5_000 };

export interface DatabaseOptions {
  /** postgres:// URL of the service's role; `sslmode=verify-full`, `sslrootcert=<file>` as libpq has them. */
  readonly url: string;
  /** `read` for queries that may take seconds, on transactions that cannot write; `write` by default. */
  readonly purpose?: keyof typeof BOUNDS;
  readonly entities?: readonly (EntityClass | EntitySchema)[];
  readonly connections?: number;
}

/** Opens the pool; connections are made on demand, so a database that is down shows at the first statement. */
export async function openDatabase(options: DatabaseOptions): Promise<MikroORM> {
  const { url, purpose = 'write', entities = [], connections = 10 } = options;
  const { statementMs, transactionMs, answerMs } = BOUNDS[purpose];
  // The fence is one only where each statement takes a snapshot of its own. Compiling a short statement costs more than
  // running it.
  const session = {
    default_transaction_isolation: String.raw`read\ committed`,
    default_transaction_read_only: purpose === 'read',
    statement_timeout: statementMs,
    transaction_timeout: transactionMs,
    idle_in_transaction_session_timeout: transactionMs,
    idle_session_timeout: IDLE.serverMs,
    jit: 'off',
  };
  return MikroORM.init(
    defineConfig({
      clientUrl: url,
      entities: [...entities],
      discovery: { warnWhenNoEntities: false },
      pool: { min: 0, max: connections, idleTimeoutMillis: IDLE.poolMs },
      driverOptions: {
        ...sslOf(url),
        connectionTimeoutMillis: answerMs,
        keepAlive: true,
        options: Object.entries(session)
          .map(([name, value]) => `-c ${name}=${value}`)
          .join(' '),
        onPoolCreated: (pool: Pool) => void pool.on('connect', (client) => watchClient(client, answerMs)),
      },
    }),
  );
}

/** The pool below an ORM. */
export const databaseOf = (orm: MikroORM): Database => orm.em.getConnection().getClient<unknown>();
