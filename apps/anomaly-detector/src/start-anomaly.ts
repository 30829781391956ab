/**
 * Brings the anomaly-detector up: database, bus, relay, handlers; and takes it down in the order that loses nothing.
 */
import 'reflect-metadata';
import { consume, RpcServer } from '@keytrail/nats';
import { databaseOf, openDatabase, refuseUnsafeWrites } from '@keytrail/postgres';
import {
  askVault,
  busChecks,
  connectBackend,
  createMetrics,
  type Log,
  nestLogger,
  type PeerEnvironment,
  publishJournal,
  Reader,
  readerMetrics,
  rpcMetrics,
  type RunningService,
  serverIdentityOf,
  startHealthServer,
} from '@keytrail/service';
import { NestFactory } from '@nestjs/core';
import type { z } from 'zod';
import { AnomalyModule } from './anomaly.module.js';
import { anomalyProjection, READER } from './anomaly.projection.js';

const SERVICE = 'anomaly';

/** A batch is one transaction, and has to end within a second on a busy machine too. */
const BATCH_ITEMS = 250;

/** `healthPort` is the one that is listened on, whichever was free. */
export interface Anomaly extends RunningService {
  readonly healthPort: number;
}

/** Throws where database or NATS cannot be reached; a stream that is not there yet is waited for. */
export async function startAnomaly(env: z.infer<typeof PeerEnvironment>, log: Log): Promise<Anomaly> {
  const metrics = createMetrics();
  const url = env.KEYTRAIL_DATABASE_URL_FILE;
  const [writing, reading] = await Promise.all([openDatabase({ url }), openDatabase({ url, purpose: 'read' })]);
  const database = databaseOf(writing);
  await refuseUnsafeWrites(database);
  const bus = await connectBackend(env, 'anomaly-detector', log);
  const { relay, checks } = publishJournal({ service: SERVICE, database, bus, metrics, log });
  const projection = anomalyProjection({
    database,
    reading: databaseOf(reading),
    principal: env.KEYTRAIL_PRINCIPAL,
    log,
    onRaised: () => relay.nudge(),
  });
  const onEvent = rpcMetrics(metrics, () => strategy);
  const strategy: RpcServer = new RpcServer({
    service: SERVICE,
    connection: bus.rpc,
    sessions: askVault(env, bus).sessions,
    log,
    onEvent,
  });
  const reader = new Reader(READER, new Map([['vault', projection]]));
  const module = AnomalyModule.with({ database: databaseOf(reading), reader });
  const app = await NestFactory.createMicroservice(module, { strategy, logger: nestLogger(log) });
  await app.listen();

  const from = { connection: bus.events, reader: READER, service: 'vault', batchSize: BATCH_ITEMS, log } as const;
  const consumption = consume({ ...from, ...projection });
  readerMetrics(metrics, [{ service: 'vault', consumption, parked: () => projection.parkedCount() }]);
  const health = await startHealthServer({
    host: env.KEYTRAIL_HOST,
    identity: serverIdentityOf(env),
    port: env.KEYTRAIL_HEALTH_PORT,
    checks: [
      ...checks,
      ...busChecks(bus, strategy),
      { name: 'vault-stream', check: () => consumption.status().state === 'following' },
    ],
    metrics,
  });
  return {
    healthPort: health.port,
    close: async () => {
      await health.close();
      await Promise.all([app.close(), consumption.stop()]);
      await relay.stop();
      await bus.close();
      await Promise.all([writing.close(), reading.close()]);
    },
  };
}
