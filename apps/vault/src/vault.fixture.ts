/** A vault on a real PostgreSQL and a real nats-server, and callers that ask it. */
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { Principal, type RpcReply } from '@keytrail/contracts';
import { mintConn, mintRootKeyFile } from '@keytrail/crypto';
import type { BusConnection, Identity, RpcCall, RpcClient } from '@keytrail/nats';
import { connectRpc, rpcClient, serverConfiguration, systemIdentities } from '@keytrail/nats';
import type { Database } from '@keytrail/postgres';
import { databaseOf, JOURNAL_STEPS, migrate, openDatabase, provision } from '@keytrail/postgres';
import { createLog, type RunningService } from '@keytrail/service';
import { type NatsServer, type PostgresServer, startNats, startPostgres, temporaryFolder } from '@keytrail/testing';
import { KEY_STEPS } from './key/key.schema.js';
import { startVault, type Vault } from './start-vault.js';

const DATABASE = 'keytrail_vault';

/** `ok`, or the code of the refusal. */
export const codeOf = (reply: RpcReply): string => (reply.ok ? 'ok' : reply.error.code);

/** Somebody connected to the bus. */
export interface Asker {
  readonly principal: Principal;
  readonly ask: (operation: string, body: unknown, rest?: Partial<RpcCall>) => ReturnType<RpcClient['request']>;
}

export interface VaultFixture {
  readonly postgres: PostgresServer;
  readonly nats: NatsServer;
  /** The superuser's look at the vault's tables. */
  readonly database: Database;
  /** May change secrets, may not decrypt. */
  readonly admin: Asker;
  /** May decrypt, and nothing else. */
  readonly billing: Asker;
  /** All that the vault has logged so far. */
  readonly logged: () => string;
  /** The vault that was started first. */
  readonly first: Vault;
  /** A further replica of the vault; with another root key or another road to PostgreSQL where one is given. */
  readonly replica: (rootKey?: string, databasePort?: number) => Promise<Vault>;
  /** Stops every replica and starts one anew, with nothing in memory. */
  readonly restart: () => Promise<Vault>;
  readonly close: () => Promise<void>;
}

export async function openVaultFixture(): Promise<VaultFixture> {
  const folder = await temporaryFolder();
  const closing: (() => Promise<unknown>)[] = [() => folder.remove()];
  const postgres = await startPostgres({ dir: path.join(folder.path, 'pg') });
  closing.unshift(() => postgres.stop());
  const login = (role: string) => postgres.url({ database: DATABASE, user: `${DATABASE}_${role}`, password: role });
  await provision({
    superuserUrl: postgres.superuserUrl,
    database: DATABASE,
    ownerPassword: 'owner',
    servicePassword: 'service',
  });
  await migrate(login('owner'), [...JOURNAL_STEPS, ...KEY_STEPS]);

  const identities = systemIdentities(['billing']);
  const { rpc: vault, events } = identities.vault;
  const [billing] = identities.callers;
  const configuration = ({ port, storeDir }: { port: number; storeDir: string }) =>
    serverConfiguration({ port, storeDir, serverName: 'vault-spec', identities });
  const nats = await startNats({ dir: path.join(folder.path, 'nats'), configuration });
  closing.unshift(() => nats.stop());

  const root = mintRootKeyFile();
  const { log, logged } = keptLog();
  const running: RunningService[] = [];
  const replica = async (rootKey = root, databasePort = postgres.port) => {
    const databaseUrl = new URL(login('service'));
    databaseUrl.port = String(databasePort);
    const started = await startVault(
      {
        KEYTRAIL_NATS_URL: nats.url,
        KEYTRAIL_NATS_RPC_SEED_FILE: vault.seed,
        KEYTRAIL_NATS_EVENTS_SEED_FILE: events.seed,
        KEYTRAIL_PRINCIPAL: Principal.parse(vault.principal),
        KEYTRAIL_DATABASE_URL_FILE: databaseUrl.href,
        KEYTRAIL_HOST: '127.0.0.1',
        KEYTRAIL_HEALTH_PORT: 0,
        KEYTRAIL_ROOT_KEY_FILE: rootKey,
      },
      log,
    );
    running.push(started);
    return started;
  };
  const stopAll = () => Promise.all(running.splice(0).map((started) => started.close()));
  closing.unshift(stopAll);
  const first = await replica();

  const orm = await openDatabase({ url: postgres.superuserUrl.replace(/\/postgres$/, `/${DATABASE}`) });
  closing.unshift(() => orm.close());
  const asker = async (identity: Identity): Promise<Asker> => {
    const conn = mintConn();
    const connection: BusConnection = await connectRpc({ ...identity, url: nats.url, conn });
    closing.unshift(() => connection.close());
    const rpc = rpcClient(connection, { principal: identity.principal, conn });
    const ask: Asker['ask'] = (operation, body, rest = {}) => {
      const [aggregate = '', verb = ''] = operation.split('.');
      return rpc.request({ service: 'vault', workspace: 'acme', aggregate, verb, body, ...rest });
    };
    return { principal: Principal.parse(identity.principal), ask };
  };
  return {
    postgres,
    nats,
    database: databaseOf(orm),
    admin: await asker(identities.gateway.rpc),
    billing: await asker(billing),
    logged,
    first,
    replica,
    restart: async () => {
      await stopAll();
      return replica();
    },
    close: async () => {
      for (const close of closing) await close();
    },
  };
}

function keptLog() {
  const stream = new PassThrough();
  const lines: string[] = [];
  stream.on('data', (line: Buffer) => lines.push(line.toString()));
  return { log: createLog('vault', stream), logged: () => lines.join('') };
}
