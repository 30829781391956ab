/**
 * Brings the rotation-scheduler up: database, bus, relay, handlers, worker; and takes it down in the order that loses
 * nothing.
 */
import 'reflect-metadata';
import { RpcServer } from '@keytrail/nats';
import { databaseOf, openDatabase, postgresJournal, refuseUnsafeWrites } from '@keytrail/postgres';
import {
  askVault,
  busChecks,
  connectBackend,
  createMetrics,
  journalMetrics,
  type Log,
  nestLogger,
  type PeerEnvironment,
  publishJournal,
  rpcMetrics,
  type RunningService,
  serverIdentityOf,
  startHealthServer,
} from '@keytrail/service';
import { NestFactory } from '@nestjs/core';
import type { z } from 'zod';
import { rotationMetrics } from './rotation/rotation.metrics.js';
import { RotationRunner } from './rotation/rotation.runner.js';
import { RotationStore } from './rotation/rotation.store.js';
import { RotationStreams } from './rotation/rotation.streams.js';
import { rotationWorker } from './rotation/rotation.worker.js';
import { RotationModule } from './rotation.module.js';
import { vaultClient } from './vault.client.js';

const SERVICE = 'rotation';

/** `healthPort` is the one that is listened on, whichever was free. */
export interface RotationScheduler extends RunningService {
  readonly healthPort: number;
}

export async function startRotation(env: z.infer<typeof PeerEnvironment>, log: Log): Promise<RotationScheduler> {
  const metrics = createMetrics();
  const url = env.KEYTRAIL_DATABASE_URL_FILE;
  const [writing, reading] = await Promise.all([openDatabase({ url }), openDatabase({ url, purpose: 'read' })]);
  const database = databaseOf(writing);
  await refuseUnsafeWrites(database);
  const bus = await connectBackend(env, 'rotation-scheduler', log);
  const { relay, checks } = publishJournal({ service: SERVICE, database, bus, metrics, log });
  const onCommit = (): void => relay.nudge();
  const journal = postgresJournal({ service: SERVICE, database, onCommit, observe: journalMetrics(metrics) });
  const principal = env.KEYTRAIL_PRINCIPAL;
  const asked = askVault(env, bus);
  const vault = vaultClient(asked.vault);
  const store = new RotationStore(database);
  const streams = new RotationStreams(journal, store);
  const onEnded = rotationMetrics(metrics, () => store.countOverdue());
  const parts = { streams, store, vault, principal, log, onEnded };
  const runner = new RotationRunner(parts);
  const onEvent = rpcMetrics(metrics, () => strategy);
  const strategy: RpcServer = new RpcServer({
    service: SERVICE,
    connection: bus.rpc,
    sessions: asked.sessions,
    log,
    onEvent,
  });
  const module = RotationModule.with(parts, runner, new RotationStore(databaseOf(reading)));
  const app = await NestFactory.createMicroservice(module, { strategy, logger: nestLogger(log) });
  await app.listen();
  const worker = rotationWorker(parts, runner);
  const health = await startHealthServer({
    host: env.KEYTRAIL_HOST,
    identity: serverIdentityOf(env),
    port: env.KEYTRAIL_HEALTH_PORT,
    checks: [...checks, ...busChecks(bus, strategy)],
    metrics,
  });
  return {
    healthPort: health.port,
    close: async () => {
      await health.close();
      await Promise.all([app.close(), worker.stop()]);
      await relay.stop();
      await bus.close();
      await Promise.all([writing.close(), reading.close()]);
    },
  };
}
