/** Starts the audit: what follows the bus, and what answers about it. */
import type { Service } from '@keytrail/contracts';
import type { Consumption } from '@keytrail/nats';
import { consume, RpcServer } from '@keytrail/nats';
import type { Database } from '@keytrail/postgres';
import { databaseOf, openDatabase } from '@keytrail/postgres';
import type { HealthCheck, Log, RunningService } from '@keytrail/service';
import {
  askVault,
  busChecks,
  connectBackend,
  createMetrics,
  nestLogger,
  Reader,
  readerMetrics,
  rpcMetrics,
  serverIdentityOf,
  startHealthServer,
} from '@keytrail/service';
import { NestFactory } from '@nestjs/core';
import { sql } from 'kysely';
import { AuditModule } from './audit.module.js';
import { READER } from './audit.projection.js';
import type { Environment } from './environment.js';
import { AuditEvent } from './event/audit-event.store.js';

/** A batch is one transaction, and has to end within a second on a busy machine too. */
const BATCH_ITEMS = 250;

/** `healthPort` is the one that is listened on, whichever was free. */
export interface Audit extends RunningService {
  readonly healthPort: number;
}

/** Throws where NATS cannot be reached; a database that is down, or a stream that is not there yet, is waited for. */
export async function startAudit(environment: Environment, log: Log): Promise<Audit> {
  const url = environment.KEYTRAIL_DATABASE_URL_FILE;
  const [writing, reading] = await Promise.all([
    openDatabase({ url, connections: 4 }),
    openDatabase({ url, purpose: 'read', entities: [AuditEvent] }),
  ]);
  const database = databaseOf(writing);
  const bus = await connectBackend(environment, 'audit', log);
  const metrics = createMetrics();
  const onEvent = rpcMetrics(metrics, () => strategy);
  const strategy: RpcServer = new RpcServer({
    service: 'audit',
    connection: bus.rpc,
    sessions: askVault(environment, bus).sessions,
    log,
    onEvent,
  });
  const app = await NestFactory.createMicroservice(AuditModule.of({ reading, database, log }), {
    strategy,
    logger: nestLogger(log),
    abortOnError: false,
  });
  await app.listen();
  const followed = [...app.get(Reader).projections].map(([service, projection]) => {
    const from = { connection: bus.events, reader: READER, service, batchSize: BATCH_ITEMS, log };
    return { service, consumption: consume({ ...from, ...projection }), parked: () => projection.parkedCount() };
  });
  readerMetrics(metrics, followed);
  const health = await startHealthServer({
    host: environment.KEYTRAIL_HOST,
    identity: serverIdentityOf(environment),
    port: environment.KEYTRAIL_HEALTH_PORT,
    checks: [...busChecks(bus, strategy), ...checksOf({ database, followed })],
    metrics,
  });
  return {
    healthPort: health.port,
    close: async () => {
      await Promise.all([app.close(), ...followed.map(({ consumption }) => consumption.stop())]);
      await Promise.all([health.close(), bus.close(), writing.close(), reading.close()]);
    },
  };
}

interface Needs {
  readonly database: Database;
  readonly followed: readonly { readonly service: Service; readonly consumption: Consumption }[];
}

/** It follows the bus, or its answers would be stale. */
function checksOf({ database, followed }: Needs): readonly HealthCheck[] {
  return [
    { name: 'database', check: async () => void (await sql`select 1`.execute(database)) },
    ...followed.map(({ service, consumption }) => ({
      name: `${service}-stream`,
      check: () => consumption.status().state === 'following',
    })),
  ];
}
