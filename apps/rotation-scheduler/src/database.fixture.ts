/** The scheduler's database on a PostgreSQL of its own, for specs. */
import path from 'node:path';
import type { Database } from '@keytrail/postgres';
import { databaseOf, JOURNAL_STEPS, migrate, openDatabase, provision } from '@keytrail/postgres';
import { startPostgres, temporaryFolder } from '@keytrail/testing';
import { ROTATION_STEP } from './rotation/rotation.schema.js';

const DATABASE = 'keytrail_rotation';

export interface SchedulerDatabase {
  /** Of the service's role. */
  readonly url: string;
  /** With the service's role. */
  readonly service: Database;
  /** With the superuser's. */
  readonly root: Database;
  end(): Promise<void>;
}

export async function schedulerDatabase(): Promise<SchedulerDatabase> {
  const folder = await temporaryFolder();
  const postgres = await startPostgres({ dir: path.join(folder.path, 'pg') });
  const { superuserUrl } = postgres;
  const url = (role: string) => postgres.url({ database: DATABASE, user: `${DATABASE}_${role}`, password: role });
  await provision({ superuserUrl, database: DATABASE, ownerPassword: 'owner', servicePassword: 'service' });
  await migrate(url('owner'), [...JOURNAL_STEPS, ROTATION_STEP]);
  const [service, root] = await Promise.all([
    openDatabase({ url: url('service') }),
    openDatabase({ url: superuserUrl.replace(/\/postgres$/, `/${DATABASE}`) }),
  ]);
  return {
    url: url('service'),
    service: databaseOf(service),
    root: databaseOf(root),
    end: async () => {
      await Promise.all([service.close(), root.close()]);
      await postgres.stop();
      await folder.remove();
    },
  };
}
