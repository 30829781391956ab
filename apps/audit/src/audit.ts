/** Starts the audit: what follows the bus, and what answers about it. */
import { mintConn } from '@keytrail/crypto';
import type { BusConnection, Consumption } from '@keytrail/nats';
import { connectEvents, connectRpc, consume, RpcServer } from '@keytrail/nats';
import type { Database } from '@keytrail/postgres';
import { databaseOf, openDatabase } from '@keytrail/postgres';
import type { HealthCheck, Log, RunningService } from '@keytrail/service';
import { nestLogger, startHealthServer, logBusStatus } from '@keytrail/service';
import { NestFactory } from '@nestjs/core';
import { sql } from 'kysely';
import { AuditModule } from './audit.module.js';
import { auditProjection, READER } from './audit.projection.js';
import type { Environment } from './environment.js';
import { AuditEvent, AuditEventStore } from './event/audit-event.store.js';
import { SecretUsageStore } from './usage/secret-usage.store.js';

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
  const { rpc, bus } = await connect(environment, log);
  const app = await NestFactory.createMicroservice(AuditModule.of(reading), {
    strategy: new RpcServer({ service: 'audit', connection: rpc, log }),
    logger: nestLogger(log),
    abortOnError: false,
  });
  await app.listen();
  const stores = { events: app.get(AuditEventStore), usages: app.get(SecretUsageStore) };
  const projection = auditProjection({ service: 'vault', database, ...stores, log });
  const batchSize = BATCH_ITEMS;
  const consumption = consume({ connection: bus, reader: READER, service: 'vault', ...projection, batchSize, log });
  const health = await startHealthServer({
    host: environment.KEYTRAIL_HOST,
    port: environment.KEYTRAIL_HEALTH_PORT,
    checks: checksOf({ database, rpc, bus, consumption }),
  });
  return {
    healthPort: health.port,
    close: async () => {
      await Promise.all([app.close(), consumption.stop()]);
      await Promise.all([health.close(), rpc.close(), bus.close(), writing.close(), reading.close()]);
    },
  };
}

interface Connections {
  readonly rpc: BusConnection;
  readonly bus: BusConnection;
}

async function connect(environment: Environment, log: Log): Promise<Connections> {
  const to = { url: environment.KEYTRAIL_NATS_URL, name: 'audit' };
  const who = { principal: environment.KEYTRAIL_PRINCIPAL, conn: mintConn() };
  return {
    rpc: await connectRpc({
      ...to,
      ...who,
      seed: environment.KEYTRAIL_NATS_RPC_SEED_FILE,
      onStatus: logBusStatus(log, 'rpc'),
    }),
    bus: await connectEvents({
      ...to,
      seed: environment.KEYTRAIL_NATS_EVENTS_SEED_FILE,
      onStatus: logBusStatus(log, 'events'),
    }),
  };
}

interface Needs extends Connections {
  readonly database: Database;
  readonly consumption: Consumption;
}

/** It follows the bus, or its answers would be stale; the connections are named apart because they fail apart. */
function checksOf({ database, rpc, bus, consumption }: Needs): readonly HealthCheck[] {
  return [
    { name: 'database', check: async () => void (await sql`select 1`.execute(database)) },
    { name: 'nats-rpc', check: () => rpc.isConnected() },
    { name: 'nats-events', check: () => bus.isConnected() },
    { name: 'vault-stream', check: () => consumption.status().state === 'following' },
  ];
}
