/** The detector's database on a PostgreSQL of its own, for specs. */
import path from 'node:path';
import { AnomalyDetectedData, EventBody } from '@keytrail/contracts';
import type { Database } from '@keytrail/postgres';
import { databaseOf, migrate, openDatabase, provision } from '@keytrail/postgres';
import { startPostgres, temporaryFolder } from '@keytrail/testing';
import { sql } from 'kysely';
import type { z } from 'zod';
import { ANOMALY_STEPS } from './anomaly.schema.js';

const DATABASE = 'keytrail_anomaly';

export interface DetectorDatabase {
  /** Of the service's role. */
  readonly url: string;
  /** With the service's role. */
  readonly database: Database;
  /** With the owner's. */
  readonly owner: Database;
  /** Ends every connection of the service, as a crash of the server would. */
  cutOff(): Promise<void>;
  /** What the journal has told, in its order. */
  told(): Promise<readonly Told[]>;
  stop(): Promise<void>;
  start(): Promise<void>;
  end(): Promise<void>;
}

export interface Told {
  readonly event: EventBody;
  readonly data: z.infer<typeof AnomalyDetectedData>;
}

export async function detectorDatabase(): Promise<DetectorDatabase> {
  const folder = await temporaryFolder();
  let postgres = await startPostgres({ dir: path.join(folder.path, 'pg') });
  const { superuserUrl } = postgres;
  const url = (role: string) => postgres.url({ database: DATABASE, user: `${DATABASE}_${role}`, password: role });
  await provision({ superuserUrl, database: DATABASE, ownerPassword: 'owner', servicePassword: 'service' });
  await migrate(url('owner'), ANOMALY_STEPS);
  const [service, owner] = await Promise.all([
    openDatabase({ url: url('service') }),
    openDatabase({ url: superuserUrl.replace(/\/postgres$/, `/${DATABASE}`), connections: 1 }),
  ]);
  return {
    url: url('service'),
    database: databaseOf(service),
    owner: databaseOf(owner),
    cutOff: async () => {
      await sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${`${DATABASE}_service`}`.execute(
        databaseOf(owner),
      );
    },
    told: async () => {
      const { rows } = await sql<{ body: Buffer }>`select body from journal order by tx, position`.execute(
        databaseOf(service),
      );
      return rows.map(({ body }) => {
        const event = EventBody.parse(JSON.parse(body.toString()));
        return { event, data: AnomalyDetectedData.parse(event.data) };
      });
    },
    stop: () => postgres.stop(),
    start: async () => {
      postgres = await startPostgres({ dir: postgres.dir, port: postgres.port });
    },
    end: async () => {
      await Promise.all([service.close(), owner.close()]);
      await postgres.stop();
      await folder.remove();
    },
  };
}
