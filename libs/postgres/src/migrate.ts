/** Schema changes, applied in order by one process at a time. */
import type { Constructor } from '@mikro-orm/core';
import { Migration, Migrator } from '@mikro-orm/migrations';
import { defineConfig, MikroORM } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { databaseOf } from './database.js';
import { ACCESS_APPEND_SCHEMA } from './access-append-schema.js';
import { HORIZON_SCHEMA } from './horizon-schema.js';
import { JOURNAL_APPEND_SCHEMA } from './journal-append-schema.js';
import { JOURNAL_SCHEMA, PINNED_COMMIT_SCHEMA } from './journal-schema.js';
import { sslOf } from './ssl.js';
import { PARKED_SCHEMA, PROJECTION_SCHEMA } from './projection-schema.js';
import { OWN_STREAM_SCHEMA, SERVED_REQUEST_SCHEMA } from './served-request-schema.js';
import { SERVED_SLOTS_SCHEMA } from './served-slots-schema.js';

/** One step of a schema: a name that never changes, and its statements. */
export interface SchemaStep {
  readonly name: string;
  readonly statements: readonly string[];
}

/** What a service that decides needs: the journal, its functions, its relay's mark. */
export const JOURNAL_STEPS: readonly SchemaStep[] = [
  { name: 'journal-0001', statements: JOURNAL_SCHEMA },
  { name: 'journal-0002', statements: HORIZON_SCHEMA },
  { name: 'journal-0003', statements: PINNED_COMMIT_SCHEMA },
  { name: 'journal-0004', statements: SERVED_REQUEST_SCHEMA },
  { name: 'journal-0005', statements: OWN_STREAM_SCHEMA },
  { name: 'journal-0006', statements: JOURNAL_APPEND_SCHEMA },
  { name: 'journal-0007', statements: ACCESS_APPEND_SCHEMA },
  { name: 'journal-0008', statements: SERVED_SLOTS_SCHEMA },
];

/** What a service that projects needs: its checkpoints, and room for what it cannot take in. */
export const PROJECTION_STEPS: readonly SchemaStep[] = [
  { name: 'projection-0001', statements: PROJECTION_SCHEMA },
  { name: 'projection-0002', statements: PARKED_SCHEMA },
];

const MIGRATION_LOCK = 7_265_744;

/**
 * Applies the steps that are missing. Any number of processes may call it at once: an advisory lock lets one through.
 */
export async function migrate(ownerUrl: string, steps: readonly SchemaStep[]): Promise<void> {
  const orm = await MikroORM.init(
    defineConfig({
      clientUrl: ownerUrl,
      driverOptions: sslOf(ownerUrl),
      entities: [],
      discovery: { warnWhenNoEntities: false },
      extensions: [Migrator],
      migrations: { migrationsList: steps.map(migrationOf), snapshot: false, tableName: 'schema_step', silent: true },
    }),
  );
  try {
    await underLock(orm, () => orm.migrator.up());
  } finally {
    await orm.close();
  }
}

/** The lock lives in a session of its own: the migrator works on other connections of the pool. */
async function underLock(orm: MikroORM, work: () => Promise<unknown>): Promise<void> {
  await databaseOf(orm)
    .connection()
    .execute(async (session) => {
      await sql`select pg_advisory_lock(${MIGRATION_LOCK})`.execute(session);
      try {
        await work();
      } finally {
        await sql`select pg_advisory_unlock(${MIGRATION_LOCK})`.execute(session);
      }
    });
}

function migrationOf({ name, statements }: SchemaStep): { name: string; class: Constructor<Migration> } {
  class Step extends Migration {
    override up(): void {
      for (const statement of statements) this.addSql(statement);
    }
  }
  return { name, class: Step };
}
