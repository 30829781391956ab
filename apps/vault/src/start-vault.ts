/** Brings the vault up: database, bus, relay, handlers; and takes it down in the order that loses nothing. */
import 'reflect-metadata';
import { setInterval } from 'node:timers';
import { loadRootKey } from '@keytrail/crypto';
import { RpcServer } from '@keytrail/nats';
import {
  databaseOf,
  ensureAccessPartitions,
  openDatabase,
  postgresAccessJournal,
  postgresJournal,
  refuseUnsafeWrites,
} from '@keytrail/postgres';
import {
  busChecks,
  connectBackend,
  createMetrics,
  journalMetrics,
  type Log,
  nestLogger,
  publishJournal,
  rpcMetrics,
  type RunningService,
  startHealthServer,
} from '@keytrail/service';
import { NestFactory } from '@nestjs/core';
import type { z } from 'zod';
import { Keyring } from './key/keyring.js';
import type { VaultEnvironment } from './vault.environment.js';
import { VaultModule } from './vault.module.js';

const SERVICE = 'vault';
const PARTITION_CHECK_MS = 60_000;

/** `healthPort` is the one that is listened on, whichever was free. */
export interface Vault extends RunningService {
  readonly healthPort: number;
}

export async function startVault(env: z.infer<typeof VaultEnvironment>, log: Log): Promise<Vault> {
  const metrics = createMetrics();
  const orm = await openDatabase({ url: env.KEYTRAIL_DATABASE_URL_FILE });
  const database = databaseOf(orm);
  const keyring = new Keyring(database, loadRootKey(env.KEYTRAIL_ROOT_KEY_FILE));
  await keyring.refuseForeignRoot();
  await refuseUnsafeWrites(database);
  await ensureAccessPartitions(database);

  const bus = await connectBackend(env, SERVICE, log);
  const { relay, checks } = publishJournal({ service: SERVICE, database, bus, metrics, log });
  const observe = journalMetrics(metrics);
  const journalOptions = { service: SERVICE, database, onCommit: () => relay.nudge(), observe } as const;
  const module = VaultModule.with({
    database,
    keyring,
    journal: postgresJournal(journalOptions),
    accessJournal: postgresAccessJournal(journalOptions),
  });
  const onEvent = rpcMetrics(metrics, () => strategy);
  const strategy: RpcServer = new RpcServer({ service: SERVICE, connection: bus.rpc, log, onEvent });
  const app = await NestFactory.createMicroservice(module, { strategy, logger: nestLogger(log) });
  await app.listen();

  const partitions = setInterval(() => {
    ensureAccessPartitions(database).catch((error: unknown) => log.error({ err: error }, 'no partition was made'));
  }, PARTITION_CHECK_MS);
  const health = await startHealthServer({
    host: env.KEYTRAIL_HOST,
    port: env.KEYTRAIL_HEALTH_PORT,
    checks: [...checks, ...busChecks(bus, strategy)],
    metrics,
  });

  return {
    healthPort: health.port,
    close: async () => {
      await health.close();
      clearInterval(partitions);
      await app.close();
      await relay.stop();
      await bus.close();
      await orm.close();
    },
  };
}
