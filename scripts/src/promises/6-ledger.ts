/** A journal on a PostgreSQL of its own, and beside it a table in which readers keep what they have seen. */
import path from 'node:path';
import {
  grantToService,
  JOURNAL_STEPS,
  migrate,
  PROJECTION_STEPS,
  provision,
  type SchemaStep,
} from '@keytrail/postgres';
import { startPostgres } from '@keytrail/testing';

const DATABASE = 'keytrail_vault';

export interface Ledger {
  readonly serviceUrl: string;
  readonly superuserUrl: string;
  close(): Promise<void>;
}

/**
 * A row is a batch: ordinals and ids in order. Nothing in it forbids to see an event twice: that is what is looked for.
 */
const SEEN_STEP: SchemaStep = {
  name: 'seen-0001',
  statements: [
    'create table seen (nth bigserial, reader text not null, events jsonb not null)',
    grantToService('insert on seen', 'usage on sequence seen_nth_seq'),
  ],
};

export async function openLedger(folder: string): Promise<Ledger> {
  const server = await startPostgres({ dir: path.join(folder, 'pg') });
  try {
    const [ownerPassword, servicePassword] = ['owner', 'service'];
    await provision({ superuserUrl: server.superuserUrl, database: DATABASE, ownerPassword, servicePassword });
    const url = (role: string) => server.url({ database: DATABASE, user: `${DATABASE}_${role}`, password: role });
    await migrate(url('owner'), [...JOURNAL_STEPS, ...PROJECTION_STEPS, SEEN_STEP]);
    const superuser = new URL(server.superuserUrl);
    superuser.pathname = DATABASE;
    return { serviceUrl: url('service'), superuserUrl: superuser.href, close: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
