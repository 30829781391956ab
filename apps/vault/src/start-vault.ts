/** Brings the vault up: database, bus, relay, handlers; and takes it down in the order that loses nothing. */
import 'reflect-metadata';
import { LIMITS, SYSTEM_WORKSPACE } from '@keytrail/contracts';
import { loadRootKey } from '@keytrail/crypto';
import { authCallout, connectAuth, type RpcRequest, RpcServer } from '@keytrail/nats';
import {
  databaseOf,
  ensureAccessPartitions,
  openDatabase,
  postgresAccessJournal,
  postgresJournal,
  refuseUnsafeWrites,
} from '@keytrail/postgres';
import {
  type BackendConnections,
  busChecks,
  cacheMetrics,
  connectBackend,
  createMetrics,
  journalMetrics,
  type Log,
  logBusStatus,
  nestLogger,
  publishJournal,
  rpcMetrics,
  type RunningService,
  serverIdentityOf,
  startHealthServer,
} from '@keytrail/service';
import { NestFactory } from '@nestjs/core';
import type { z } from 'zod';
import { AccessRpc } from './access/access.rpc.js';
import { cacheLimits } from './cache-limits.js';
import { Doorkeeper } from './connection/doorkeeper.js';
import { upkeep } from './upkeep.js';
import type { VaultEnvironment } from './vault.environment.js';
import { VaultModule } from './vault.module.js';
import { type VaultRooms, vaultRooms } from './vault.rooms.js';

const SERVICE = 'vault';

/** Who has no session yet fetches the keys and opens one. */
const WITHOUT_SESSION: ReadonlySet<string> = new Set(['key.list', 'session.open']);

/** An item is at least as long as this one. */
const MANY_IN_ONE = new Map([
  ['secret.decrypt_batch', { itemBytes: '{"reference":"tenant.a.b.c"},'.length, items: LIMITS.decryptBatchItems }],
]);

type Environment = z.infer<typeof VaultEnvironment>;

/** `healthPort` is the one that is listened on, whichever was free. */
export interface Vault extends RunningService {
  readonly healthPort: number;
}

export async function startVault(env: Environment, log: Log): Promise<Vault> {
  const metrics = createMetrics();
  const orm = await openDatabase({ url: env.KEYTRAIL_DATABASE_URL_FILE });
  const database = databaseOf(orm);
  await refuseUnsafeWrites(database);
  await ensureAccessPartitions(database);

  const nudge = (): void => relay.nudge();
  const journalOptions = { service: SERVICE, database, onCommit: nudge, observe: journalMetrics(metrics) } as const;
  const rooms = vaultRooms({
    database,
    journal: postgresJournal(journalOptions),
    accessJournal: postgresAccessJournal(journalOptions),
    root: loadRootKey(env.KEYTRAIL_ROOT_KEY_FILE),
    principal: env.KEYTRAIL_PRINCIPAL,
    issuers: env.KEYTRAIL_ISSUERS_FILE ?? [],
    cacheLimits: cacheLimits(env.KEYTRAIL_CACHE_MIB),
  });
  cacheMetrics(metrics, { ...rooms.streams, versions: rooms.material });
  await refuseWithoutKeys(rooms);

  const bus = await connectBackend(env, SERVICE, log);
  const { relay, checks } = publishJournal({ service: SERVICE, database, bus, metrics, log });
  await rooms.vaultKeys.replenish(Date.now());
  const strategy: RpcServer = new RpcServer({
    service: SERVICE,
    connection: bus.rpc,
    sessions: rooms.sessions,
    withoutSession: WITHOUT_SESSION,
    manyInOne: MANY_IN_ONE,
    authorize: (request, body) => rooms.authorization.authorize(request, body),
    log,
    onEvent: rpcMetrics(metrics, () => strategy),
  });
  const app = await NestFactory.createMicroservice(VaultModule.with(rooms), { strategy, logger: nestLogger(log) });
  const access = app.get(AccessRpc);
  strategy.addHandler('secret.decrypt', (body: unknown, rpc: RpcRequest) => access.decrypt(body, rpc));
  await app.listen();
  const door = await openDoor(env, { rooms, bus, log });
  const chores = upkeep(rooms, log);
  const health = await startHealthServer({
    host: env.KEYTRAIL_HOST,
    port: env.KEYTRAIL_HEALTH_PORT,
    checks: [...checks, ...busChecks(bus, strategy), { name: 'nats-auth', check: () => door.roundTrip() }],
    metrics,
    identity: serverIdentityOf(env),
  });

  return {
    healthPort: health.port,
    close: async () => {
      await health.close();
      await door.close();
      await app.close();
      await chores.stop();
      await relay.stop();
      await bus.close();
      await orm.close();
    },
  };
}

/** Without the system's keys no session can be stored, and without the right root key nothing can be opened. */
async function refuseWithoutKeys({ keyring }: VaultRooms): Promise<void> {
  await keyring.refuseForeignRoot();
  if ((await keyring.of(SYSTEM_WORKSPACE)) === null)
    throw new Error('this vault has not been set up yet: run its bootstrap first, then start it');
}

interface Inside {
  readonly rooms: VaultRooms;
  readonly bus: BackendConnections;
  readonly log: Log;
}

/** Answers nats-server who may come in, over a connection that nobody else can listen in on. */
async function openDoor(env: Environment, { rooms, bus, log }: Inside) {
  const caFile = env.KEYTRAIL_NATS_CA_FILE;
  const connection = await connectAuth({
    url: env.KEYTRAIL_NATS_URL,
    seed: env.KEYTRAIL_NATS_AUTH_SEED_FILE,
    name: SERVICE,
    ...(caFile !== undefined && { tls: { caFile } }),
    onStatus: logBusStatus(log, 'auth'),
  });
  const doorkeeper = new Doorkeeper({ ...rooms, events: bus.events, principal: env.KEYTRAIL_PRINCIPAL });
  const callout = authCallout({
    connection,
    issuerSeed: env.KEYTRAIL_NATS_ISSUER_SEED_FILE,
    xkeySeed: env.KEYTRAIL_NATS_XKEY_SEED_FILE,
    decide: (entrant) => doorkeeper.decide(entrant),
    log,
  });
  return {
    roundTrip: () => connection.roundTrip(),
    close: async () => {
      await callout.stop();
      await connection.close();
    },
  };
}
