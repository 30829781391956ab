/** A vault that has been set up, on a real PostgreSQL and a real nats-server, and callers that ask it. */
import path from 'node:path';
import { PassThrough } from 'node:stream';
import {
  type IssuedToken,
  Principal,
  type PrincipalDescription,
  type RpcReply,
  type SystemRole,
  VaultKey,
} from '@keytrail/contracts';
import { loadRootKey, mintRootKeyFile } from '@keytrail/crypto';
import { type Identity, serverConfiguration, type SystemIdentities, systemIdentities } from '@keytrail/nats';
import type { Database } from '@keytrail/postgres';
import {
  databaseOf,
  migrate,
  openDatabase,
  postgresAccessJournal,
  postgresJournal,
  provision,
} from '@keytrail/postgres';
import { createLog, type RunningService } from '@keytrail/service';
import { type NatsServer, type PostgresServer, startNats, startPostgres, temporaryFolder } from '@keytrail/testing';
import { BootstrapPlan } from './bootstrap-plan.js';
import { bootstrapVault } from './bootstrap-vault.js';
import {
  type Asker,
  type Caller,
  fixedCaller,
  onBehalf,
  opened,
  type Seal,
  sealer,
  type Surroundings,
  tokenCaller,
  valueOf,
} from './caller.fixture.js';
import type { Issuer } from './credential/issuers.js';
import { startVault, type Vault } from './start-vault.js';
import { type VaultRooms, vaultRooms } from './vault.rooms.js';
import { VAULT_STEPS } from './vault.schema.js';

export { codeOf } from './caller.fixture.js';

const DATABASE = 'keytrail_vault';

/** Whoever was given an API token. */
export type TokenHolder = Caller & { readonly token: string; readonly tokenId: string };

export interface VaultFixture {
  readonly postgres: PostgresServer;
  readonly nats: NatsServer;
  readonly identities: SystemIdentities;
  readonly vaultKey: VaultKey;
  /** The root key, as its file has it. */
  readonly root: string;
  readonly surroundings: Surroundings;
  /** The superuser's look at the vault's tables. */
  readonly database: Database;
  readonly gateway: Caller;
  /** May have versions made by the vault itself. */
  readonly scheduler: Caller;
  /** May change secrets and principals, asks through the gateway, may not decrypt. */
  readonly admin: Asker;
  /** May decrypt, and nothing else. */
  readonly billing: TokenHolder;
  /** Registers somebody with a role in all workspaces or in one, or with none, and connects with a token of theirs. */
  readonly caller: (role: string | null, rest?: NewCaller) => Promise<TokenHolder>;
  /** Seals a value for a reference. */
  readonly seal: Seal;
  /** All that the vault has logged so far. */
  readonly logged: () => string;
  /** What a replica consists of, without a bus in front of it. */
  readonly rooms: VaultRooms;
  /** The vault that was started first. */
  readonly first: Vault;
  /** A further replica of the vault; with another root key or another road to PostgreSQL where one is given. */
  readonly replica: (rootKey?: string, databasePort?: number) => Promise<Vault>;
  /** Stops every replica and starts one anew, with nothing in memory. */
  readonly restart: () => Promise<Vault>;
  readonly close: () => Promise<void>;
}

export interface NewCaller {
  readonly workspace?: string;
  readonly scopes?: readonly string[];
  readonly expiresAt?: string;
}

/** What is to be closed in the end, the latest first. */
type Closing = (() => Promise<unknown>)[];

/** One that does not close keeps none of the others open. */
async function closeAll(closing: Closing): Promise<void> {
  const failures: unknown[] = [];
  for (const close of closing) await close().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures, 'not everything could be closed');
}

/** `issuers` are those whose JWTs the vault believes. */
export async function openVaultFixture(issuers: readonly Issuer[] = []): Promise<VaultFixture> {
  const closing: Closing = [];
  try {
    const servers = await startServers(closing);
    const replicas = await startReplicas(servers, { closing, issuers });
    return { ...servers, ...replicas, ...(await callersOf(servers, closing)), close: () => closeAll(closing) };
  } catch (error) {
    await closeAll(closing);
    throw error;
  }
}

type Servers = Awaited<ReturnType<typeof startServers>>;

/** A database and a bus, set up for a vault that has not been started yet. */
async function startServers(closing: Closing) {
  const folder = await temporaryFolder();
  closing.unshift(() => folder.remove());
  const postgres = await startPostgres({ dir: path.join(folder.path, 'pg') });
  closing.unshift(() => postgres.stop());
  const login = (role: string) => postgres.url({ database: DATABASE, user: `${DATABASE}_${role}`, password: role });
  const passwords = { ownerPassword: 'owner', servicePassword: 'service' };
  await provision({ superuserUrl: postgres.superuserUrl, database: DATABASE, ...passwords });
  await migrate(login('owner'), VAULT_STEPS);
  const open = async (url: string): Promise<Database> => {
    const orm = await openDatabase({ url });
    closing.unshift(() => orm.close());
    return databaseOf(orm);
  };
  const identities = systemIdentities();
  const root = mintRootKeyFile();
  const serviceDatabase = await open(login('service'));
  const plan = planOf(identities);
  const { vaultKey, admin } = await bootstrapVault({ database: serviceDatabase, root: loadRootKey(root), plan });
  const configuration = ({ port, storeDir }: { port: number; storeDir: string }) =>
    serverConfiguration({ port, storeDir, serverName: 'vault-spec', identities });
  const nats = await startNats({ dir: path.join(folder.path, 'nats'), configuration });
  closing.unshift(() => nats.stop());
  return {
    postgres,
    nats,
    identities,
    root,
    vaultKey: VaultKey.parse(vaultKey),
    administrator: (admin as NonNullable<typeof admin>).principal,
    serviceUrl: login('service'),
    database: await open(postgres.superuserUrl.replace(/\/postgres$/, `/${DATABASE}`)),
    rooms: roomsOn(serviceDatabase, root, identities),
  };
}

async function startReplicas(
  { postgres, nats, identities, root, serviceUrl }: Servers,
  { closing, issuers }: { readonly closing: Closing; readonly issuers: readonly Issuer[] },
) {
  const { log, logged } = keptLog();
  const running: RunningService[] = [];
  const replica = async (rootKey = root, databasePort = postgres.port) => {
    const databaseUrl = new URL(serviceUrl);
    databaseUrl.port = String(databasePort);
    const own = { KEYTRAIL_DATABASE_URL_FILE: databaseUrl.href, KEYTRAIL_ROOT_KEY_FILE: rootKey };
    const started = await startVault(
      { ...environmentOf(nats.url, identities), ...own, KEYTRAIL_ISSUERS_FILE: issuers },
      log,
    );
    running.push(started);
    return started;
  };
  const stopAll = () => Promise.all(running.splice(0).map((started) => started.close()));
  closing.unshift(stopAll);
  const restart = async () => {
    await stopAll();
    return replica();
  };
  return { first: await replica(), replica, restart, logged };
}

async function callersOf({ nats, identities, vaultKey, administrator }: Servers, closing: Closing) {
  const keep: Surroundings['keep'] = (connection) => void closing.unshift(() => connection.close());
  const surroundings: Surroundings = { url: nats.url, vaultKey, keep };
  const gateway = await opened(await fixedCaller(surroundings, identities.gateway.rpc));
  const scheduler = await fixedCaller(surroundings, identities.rotation.rpc);
  const admin = onBehalf(gateway, administrator);
  const caller = callerMaker(admin, surroundings);
  const seal = sealer(gateway, vaultKey);
  return { surroundings, gateway, scheduler, admin, caller, billing: await caller('service'), seal };
}

function roomsOn(database: Database, root: string, { vault }: SystemIdentities): VaultRooms {
  const parts = { service: 'vault', database } as const;
  return vaultRooms({
    database,
    journal: postgresJournal(parts),
    accessJournal: postgresAccessJournal(parts),
    root: loadRootKey(root),
    principal: Principal.parse(vault.rpc.principal),
    issuers: [],
  });
}

/** What an operator bootstraps the vault with. */
function planOf({ vault, gateway, rotation, audit, anomaly }: SystemIdentities): BootstrapPlan {
  const service = (name: string, { principal, publicKey: nkey }: Identity, role?: SystemRole) => ({
    name,
    principal,
    nkey,
    ...(role && { role }),
  });
  return BootstrapPlan.parse({
    services: [
      service('vault', vault.rpc),
      service('gateway', gateway.rpc, 'gateway'),
      service('rotation', rotation.rpc, 'rotation_scheduler'),
      service('audit', audit.rpc, 'backend'),
      service('anomaly', anomaly.rpc, 'backend'),
    ],
    admin: { displayName: 'Ada' },
  });
}

function environmentOf(url: string, { vault, callout }: SystemIdentities) {
  return {
    KEYTRAIL_NATS_URL: url,
    KEYTRAIL_NATS_RPC_SEED_FILE: vault.rpc.seed,
    KEYTRAIL_NATS_EVENTS_SEED_FILE: vault.events.seed,
    KEYTRAIL_NATS_AUTH_SEED_FILE: callout.user.seed,
    KEYTRAIL_NATS_ISSUER_SEED_FILE: callout.issuer.seed,
    KEYTRAIL_NATS_XKEY_SEED_FILE: callout.xkey.seed,
    KEYTRAIL_PRINCIPAL: Principal.parse(vault.rpc.principal),
    KEYTRAIL_HOST: '127.0.0.1',
    KEYTRAIL_HEALTH_PORT: 0,
  };
}

function callerMaker(admin: Asker, surroundings: Surroundings): VaultFixture['caller'] {
  return async (role, { workspace = '_system', ...limits } = {}) => {
    const roles = role === null ? [] : [{ role, workspace }];
    const registration = { kind: 'service', displayName: role ?? 'nobody', roles };
    const registered = (await admin.ask('principal.register', registration)) as RpcReply<PrincipalDescription>;
    const { principal } = valueOf(registered);
    const issued = valueOf((await admin.ask('token.issue', { principal, ...limits })) as RpcReply<IssuedToken>);
    const token = issued.token as string;
    return { ...(await opened(await tokenCaller(surroundings, token))), token, tokenId: issued.tokenId };
  };
}

function keptLog() {
  const stream = new PassThrough();
  const lines: string[] = [];
  stream.on('data', (line: Buffer) => lines.push(line.toString()));
  return { log: createLog('vault', stream), logged: () => lines.join('') };
}
