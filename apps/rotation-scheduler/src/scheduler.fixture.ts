/** The rotation-scheduler on a real PostgreSQL and a real nats-server, and somebody who asks it. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Principal, Reference, type RpcReply } from '@keytrail/contracts';
import { mintConn } from '@keytrail/crypto';
import {
  type BusConnection,
  connectRpc,
  type Identity,
  type RpcCall,
  rpcClient,
  serverConfiguration,
  systemIdentities,
} from '@keytrail/nats';
import type { Database } from '@keytrail/postgres';
import { databaseOf, JOURNAL_STEPS, migrate, openDatabase, postgresJournal, provision } from '@keytrail/postgres';
import { createLog, type Log } from '@keytrail/service';
import { startNats, startPostgres, temporaryFolder } from '@keytrail/testing';
import { sql } from 'kysely';
import { ROTATION_STEP } from './rotation/rotation.schema.js';
import { RotationStore } from './rotation/rotation.store.js';
import type { RotationJournal } from './rotation/rotation.streams.js';
import { type RotationScheduler, startRotation } from './start-rotation.js';
import { type Vault, vaultClient } from './vault.client.js';
import { standInForVault, type VaultState } from './vault.fixture.js';

const DATABASE = 'keytrail_rotation';

/** `ok`, or the code of the refusal. */
export const codeOf = (reply: RpcReply): string => (reply.ok ? 'ok' : reply.error.code);

export interface SchedulerFixture {
  readonly vault: VaultState;
  /** The superuser's look at the scheduler's tables. */
  readonly database: Database;
  /** The parts of a scheduler, for specs that put one together by themselves. */
  readonly ports: {
    readonly journal: RotationJournal;
    readonly store: RotationStore;
    readonly vault: Vault;
    readonly principal: Principal;
    readonly log: Log;
  };
  /** All that has been logged so far. */
  readonly logged: () => string;
  /** A secret that the vault has, with one version. */
  readonly secret: (workspace?: string) => Reference;
  /** Asks in the gateway's name, below the reference's workspace unless told otherwise. */
  readonly ask: <T>(verb: string, body: object, rest?: Partial<RpcCall>) => Promise<RpcReply<T>>;
  /** One more scheduler. */
  readonly replica: () => Promise<RotationScheduler>;
  /** The types of a secret's rotation events, and what they say. */
  readonly eventsOf: (reference: Reference) => Promise<readonly { readonly type: string; readonly body: EventSaid }[]>;
  readonly close: () => Promise<void>;
}

export interface EventSaid {
  readonly principal: string;
  readonly requestid: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export async function openSchedulerFixture(): Promise<SchedulerFixture> {
  const closing: (() => Promise<unknown>)[] = [];
  const later = (close: () => Promise<unknown>): void => void closing.unshift(close);
  const folder = await temporaryFolder();
  later(() => folder.remove());
  const postgres = await startPostgres({ dir: path.join(folder.path, 'pg') });
  later(() => postgres.stop());
  const login = (role: string) => postgres.url({ database: DATABASE, user: `${DATABASE}_${role}`, password: role });
  await provision({
    superuserUrl: postgres.superuserUrl,
    database: DATABASE,
    ownerPassword: 'owner',
    servicePassword: 'service',
  });
  await migrate(login('owner'), [...JOURNAL_STEPS, ROTATION_STEP]);

  const identities = systemIdentities([]);
  const nats = await startNats({
    dir: path.join(folder.path, 'nats'),
    configuration: (at) => serverConfiguration({ ...at, serverName: 'rotation-spec', identities }),
  });
  later(() => nats.stop());
  const lines: string[] = [];
  const log = createLog('rotation-scheduler', { write: (line) => void lines.push(line) });
  const connect = async ({
    seed,
    principal,
  }: Identity): Promise<readonly [BusConnection, ReturnType<typeof rpcClient>]> => {
    const who = { principal, conn: mintConn() };
    const connection = await connectRpc({ url: nats.url, seed, name: 'rotation-spec', ...who });
    later(() => connection.close());
    return [connection, rpcClient(connection, who)];
  };
  const [vaultConnection] = await connect(identities.vault.rpc);
  const standIn = await standInForVault(vaultConnection, log);
  later(() => standIn.stop());

  const { rpc, events } = identities.rotation;
  const principal = Principal.parse(rpc.principal);
  const [, asScheduler] = await connect(rpc);
  const [, asGateway] = await connect(identities.gateway.rpc);
  const service = await openDatabase({ url: login('service') });
  later(() => service.close());
  const superuser = await openDatabase({ url: postgres.superuserUrl.replace(/\/postgres$/, `/${DATABASE}`) });
  later(() => superuser.close());
  const database = databaseOf(superuser);

  const replica = async (): Promise<RotationScheduler> => {
    const started = await startRotation(
      {
        KEYTRAIL_NATS_URL: nats.url,
        KEYTRAIL_NATS_RPC_SEED_FILE: rpc.seed,
        KEYTRAIL_NATS_EVENTS_SEED_FILE: events.seed,
        KEYTRAIL_PRINCIPAL: principal,
        KEYTRAIL_DATABASE_URL_FILE: login('service'),
        KEYTRAIL_HOST: '127.0.0.1',
        KEYTRAIL_HEALTH_PORT: 0,
      },
      log,
    );
    let closed: Promise<void> | null = null;
    const close = (): Promise<void> => (closed ??= started.close());
    later(close);
    return { ...started, close };
  };
  let secrets = 0;
  return {
    vault: standIn.state,
    database,
    ports: {
      journal: postgresJournal({ service: 'rotation', database: databaseOf(service) }),
      store: new RotationStore(databaseOf(service)),
      vault: vaultClient(asScheduler),
      principal,
      log,
    },
    logged: () => lines.join(''),
    secret: (workspace = 'acme') => {
      const reference = Reference.parse(`tenant.${workspace}.openai.key_${++secrets}`);
      standIn.state.create(reference);
      return reference;
    },
    ask: (verb, body, rest = {}) => {
      const reference = 'reference' in body ? String(body.reference) : '';
      const workspace = reference.split('.')[1] ?? '_system';
      return asGateway.request({ service: 'rotation', workspace, aggregate: 'rotation', verb, body, ...rest });
    },
    replica,
    eventsOf: async (reference) => {
      const { rows } = await sql<{ type: string; body: EventSaid }>`
        select type, convert_from(body, 'UTF8')::jsonb as body from journal
         where stream = ${`rotation-${reference}`} order by revision`.execute(database);
      return rows;
    },
    close: async () => {
      for (const close of closing) await close();
    },
  };
}

/** Asks until the answer is the wanted one; Jest ends whoever waits too long. */
export async function until<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    await sleep(50);
  }
}
