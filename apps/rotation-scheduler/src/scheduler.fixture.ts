/** The rotation-scheduler on a real PostgreSQL and a real nats-server, and somebody who asks it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS, Principal, Reference, type RpcReply } from '@keytrail/contracts';
import { mintPrincipal } from '@keytrail/crypto';
import type { RpcCall, RpcClient } from '@keytrail/nats';
import type { Database } from '@keytrail/postgres';
import { postgresJournal } from '@keytrail/postgres';
import { createLog, type Log } from '@keytrail/service';
import { sql } from 'kysely';
import { type SchedulerBus, schedulerBus } from './bus.fixture.js';
import { type SchedulerDatabase, schedulerDatabase } from './database.fixture.js';
import { RotationStore } from './rotation/rotation.store.js';
import type { RotationJournal } from './rotation/rotation.streams.js';
import { type RotationScheduler, startRotation } from './start-rotation.js';
import { type Vault, vaultClient } from './vault.client.js';
import type { VaultState } from './vault.fixture.js';

/** `ok`, or the code of the refusal. */
export const codeOf = (reply: RpcReply): string => (reply.ok ? 'ok' : reply.error.code);

export interface SchedulerFixture {
  readonly vault: VaultState;
  readonly bus: SchedulerBus;
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
  /** In whose name the gateway asks. */
  readonly person: Principal;
  /** Asks through the gateway, below the reference's workspace unless told otherwise. */
  readonly ask: Ask;
  /** The same through another client. */
  readonly askThrough: (client: RpcClient) => Ask;
  /** One more scheduler. */
  readonly replica: () => Promise<RotationScheduler>;
  /** The types of a secret's rotation events, and what they say. */
  readonly eventsOf: (reference: Reference) => Promise<readonly { readonly type: string; readonly body: EventSaid }[]>;
  readonly close: () => Promise<void>;
}

export type Ask = <T>(verb: string, body: object, rest?: Partial<RpcCall>) => Promise<RpcReply<T>>;

export interface EventSaid {
  readonly principal: string;
  readonly via?: string;
  readonly requestid: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export async function openSchedulerFixture(): Promise<SchedulerFixture> {
  const lines: string[] = [];
  const log = createLog('rotation-scheduler', { write: (line) => void lines.push(line) });
  const [database, bus] = await Promise.all([schedulerDatabase(), schedulerBus(log)]);
  const person = Principal.parse(mintPrincipal());
  const principal = Principal.parse(bus.identities.rpc.principal);
  const asScheduler = await bus.connect(bus.identities.rpc);
  const asGateway = await bus.connect(bus.gateway);
  const askThrough =
    (client: RpcClient): Ask =>
    (verb, body, rest = {}) => {
      const reference = 'reference' in body ? String(body.reference) : '';
      const workspace = reference.split('.')[1] ?? '_system';
      const deadlineMs = Date.now() + LIMITS.deadlineMaxMs;
      return client.request({ service: 'rotation', workspace, aggregate: 'rotation', verb, body, deadlineMs, ...rest });
    };
  const schedulers: RotationScheduler[] = [];
  let secrets = 0;
  return {
    vault: bus.vault,
    bus,
    database: database.root,
    ports: {
      journal: postgresJournal({ service: 'rotation', database: database.service }),
      store: new RotationStore(database.service),
      vault: vaultClient(asScheduler),
      principal,
      log,
    },
    logged: () => lines.join(''),
    secret: (workspace = 'acme') => {
      const reference = Reference.parse(`tenant.${workspace}.openai.key_${++secrets}`);
      bus.vault.create(reference);
      return reference;
    },
    person,
    askThrough,
    ask: (verb, body, rest) => askThrough(asGateway)(verb, body, { onBehalfOf: person, ...rest }),
    replica: async () => {
      const started = await schedulerOn({ bus, database, log });
      schedulers.push(started);
      return started;
    },
    eventsOf: (reference) => eventsOf(reference, database.root),
    close: async () => {
      await Promise.all(schedulers.map((each) => each.close()));
      await bus.end();
      await database.end();
    },
  };
}

interface Surroundings {
  readonly bus: SchedulerBus;
  readonly database: SchedulerDatabase;
  readonly log: Log;
}

/** May be closed more than once. */
async function schedulerOn({ bus, database, log }: Surroundings): Promise<RotationScheduler> {
  const { rpc, events } = bus.identities;
  const started = await startRotation(
    {
      KEYTRAIL_NATS_URL: bus.url,
      KEYTRAIL_NATS_RPC_SEED_FILE: rpc.seed,
      KEYTRAIL_NATS_EVENTS_SEED_FILE: events.seed,
      KEYTRAIL_PRINCIPAL: Principal.parse(rpc.principal),
      KEYTRAIL_VAULT_KEY: bus.door.vaultKey,
      KEYTRAIL_DATABASE_URL_FILE: database.url,
      KEYTRAIL_HOST: '127.0.0.1',
      KEYTRAIL_HEALTH_PORT: 0,
    },
    log,
  );
  let closed: Promise<void> | null = null;
  return { ...started, close: () => (closed ??= started.close()) };
}

async function eventsOf(reference: Reference, database: Database) {
  const { rows } = await sql<{ type: string; body: EventSaid }>`
    select type, convert_from(body, 'UTF8')::jsonb as body from journal
     where stream = ${`rotation-${reference}`} order by revision`.execute(database);
  return rows;
}

const PATIENCE_MS = 25_000;

/** Asks until the answer is the wanted one; throws where it is not in time, so that no loop outlives its test. */
export async function until<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`waited in vain: ${JSON.stringify(answer)}`);
    await sleep(50);
  }
}
