/** The audit's database on a PostgreSQL of its own, for specs. */
import path from 'node:path';
import type { Database } from '@keytrail/postgres';
import { databaseOf, migrate, openDatabase, provision } from '@keytrail/postgres';
import { startPostgres, temporaryFolder } from '@keytrail/testing';
import type { MikroORM } from '@mikro-orm/postgresql';
import { AUDIT_STEPS } from './audit.schema.js';
import { AuditEvent } from './event/audit-event.store.js';

const DATABASE = 'keytrail_audit';

export interface AuditDatabase {
  /** Of the service's role. */
  readonly url: string;
  /** With the service's role. */
  readonly orm: MikroORM;
  /** The same. */
  readonly database: Database;
  /** As the superuser, for what no service may do. */
  readonly root: Database;
  stop(): Promise<void>;
  start(): Promise<void>;
  end(): Promise<void>;
}

export async function auditDatabase(): Promise<AuditDatabase> {
  const folder = await temporaryFolder();
  let postgres = await startPostgres({ dir: path.join(folder.path, 'pg') });
  const { superuserUrl } = postgres;
  const url = (role: string) => postgres.url({ database: DATABASE, user: `${DATABASE}_${role}`, password: role });
  await provision({ superuserUrl, database: DATABASE, ownerPassword: 'owner', servicePassword: 'service' });
  await migrate(url('owner'), AUDIT_STEPS);
  const [orm, superuser] = await Promise.all([
    openDatabase({ url: url('service'), entities: [AuditEvent] }),
    openDatabase({ url: superuserUrl.replace(/\/postgres$/, `/${DATABASE}`) }),
  ]);
  return {
    url: url('service'),
    orm,
    database: databaseOf(orm),
    root: databaseOf(superuser),
    stop: () => postgres.stop(),
    start: async () => {
      postgres = await startPostgres({ dir: postgres.dir, port: postgres.port });
    },
    end: async () => {
      await Promise.all([orm.close(), superuser.close()]);
      await postgres.stop();
      await folder.remove();
    },
  };
}
