/** Brings the vault up: database, bus, relay, handlers; and takes it down in the order that loses nothing. */
import 'reflect-metadata';
import { setInterval } from 'node:timers';
import { loadRootKey, mintConn } from '@keytrail/crypto';
import { connectEvents, connectRpc, relay, RpcServer } from '@keytrail/nats';
import {
  databaseOf,
  ensureAccessPartitions,
  openDatabase,
  postgresAccessJournal,
  postgresJournal,
  postgresJournalReader,
  postgresRelayMarks,
  refuseUnsafeWrites,
} from '@keytrail/postgres';
import { type Log, logBusStatus, nestLogger, type RunningService, startHealthServer } from '@keytrail/service';
import { NestFactory } from '@nestjs/core';
import type { z } from 'zod';
import { Keyring } from './key/keyring.js';
import type { VaultEnvironment } from './vault.environment.js';
import { VaultModule } from './vault.module.js';

const SERVICE = 'vault';
const PARTITION_CHECK_MS = 60_000;

export async function startVault(env: z.infer<typeof VaultEnvironment>, log: Log): Promise<RunningService> {
  const orm = await openDatabase({ url: env.KEYTRAIL_DATABASE_URL_FILE });
  const database = databaseOf(orm);
  const keyring = new Keyring(database, loadRootKey(env.KEYTRAIL_ROOT_KEY_FILE));
  await keyring.refuseForeignRoot();
  await refuseUnsafeWrites(database);
  await ensureAccessPartitions(database);

  const bus = { url: env.KEYTRAIL_NATS_URL, name: SERVICE };
  const seed = env.KEYTRAIL_NATS_RPC_SEED_FILE;
  const [requests, events] = await Promise.all([
    connectRpc({
      ...bus,
      seed,
      principal: env.KEYTRAIL_PRINCIPAL,
      conn: mintConn(),
      onStatus: logBusStatus(log, 'rpc'),
    }),
    connectEvents({ ...bus, seed: env.KEYTRAIL_NATS_EVENTS_SEED_FILE, onStatus: logBusStatus(log, 'events') }),
  ]);
  const copying = relay({
    service: SERVICE,
    reader: postgresJournalReader(database),
    marks: postgresRelayMarks(database, SERVICE),
    connection: events,
    log,
  });
  const journalOptions = { service: SERVICE, database, onCommit: () => copying.nudge() } as const;
  const module = VaultModule.with({
    database,
    keyring,
    journal: postgresJournal(journalOptions),
    accessJournal: postgresAccessJournal(journalOptions),
  });
  const strategy = new RpcServer({ service: SERVICE, connection: requests, log });
  const app = await NestFactory.createMicroservice(module, { strategy, logger: nestLogger(log) });
  await app.listen();

  const partitions = setInterval(() => {
    ensureAccessPartitions(database).catch((error: unknown) => log.error({ err: error }, 'no partition was made'));
  }, PARTITION_CHECK_MS);
  const health = await startHealthServer({
    host: env.KEYTRAIL_HOST,
    port: env.KEYTRAIL_HEALTH_PORT,
    checks: [
      { name: 'journal', check: () => refuseUnsafeWrites(database) },
      { name: 'nats', check: () => requests.isConnected() && events.isConnected() },
      { name: 'relay', check: () => copying.status().state !== 'stopped' },
    ],
  });

  return {
    close: async () => {
      await health.close();
      clearInterval(partitions);
      await app.close();
      await copying.stop();
      await Promise.all([requests.close(), events.close()]);
      await orm.close();
    },
  };
}
