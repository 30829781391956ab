/**
 * The detector with all that is around it, for specs: PostgreSQL, nats-server, a vault's relay, readers, a client that
 * asks.
 */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding, FindingPage, RpcReply, VaultKey } from '@keytrail/contracts';
import { EventBody, LIMITS, Principal } from '@keytrail/contracts';
import { mintPrincipal } from '@keytrail/crypto';
import type { Identity, RpcCall, RpcClient, ServiceIdentities } from '@keytrail/nats';
import { connectEvents, consume, serverConfiguration, systemIdentities } from '@keytrail/nats';
import { type DrillCaller, drillCaller, drillPublisher } from '@keytrail/nats/drill';
import type { Log } from '@keytrail/service';
import { createLog } from '@keytrail/service';
import type { NatsServer } from '@keytrail/testing';
import { startNats, temporaryFolder } from '@keytrail/testing';
import { sql } from 'kysely';
import type { VaultEvent } from './access.fixture.js';
import type { DetectorDatabase } from './database.fixture.js';
import { detectorDatabase } from './database.fixture.js';
import type { Anomaly } from './start-anomaly.js';
import { startAnomaly } from './start-anomaly.js';
import { type DoorOnlyVault, doorOnlyVault } from './vault.fixture.js';

export interface AnomalyOnTheBus {
  readonly postgres: DetectorDatabase;
  /** The detector's own. */
  readonly principal: string;
  /** What stands in the stream `ANOMALY`, in its order, as another reader has received it. */
  readonly heard: readonly EventBody[];
  readonly vault: DoorOnlyVault;
  /** Puts events onto the bus as the vault would. */
  publish(events: readonly VaultEvent[]): void;
  /** Once all that was published is counted, and all findings are heard. */
  settled(): Promise<void>;
  /** Asks through the gateway, for a person; below no workspace unless told otherwise. */
  list(body: object, workspace?: string): Promise<RpcReply<FindingPage>>;
  get(id: string, workspace?: string): Promise<RpcReply<Finding>>;
  ask<T>(operation: string, body: object, workspace?: string): Promise<RpcReply<T>>;
  /** The gateway anew, on a connection of its own. */
  connect(): Promise<DrillCaller>;
  /** The status that an orchestrator is told, and which checks fail. */
  readiness(): Promise<{ readonly status: string; readonly failing?: readonly string[] }>;
  /** What a scraper is told. */
  metrics(): Promise<string>;
  restart(): Promise<void>;
  /** A further detector on the same database; ended with the fixture. */
  second(): Promise<void>;
  end(): Promise<void>;
}

const SYSTEM = '_system';
const PATIENCE_MS = 25_000;

export async function anomalyOnTheBus(): Promise<AnomalyOnTheBus> {
  const folder = await temporaryFolder();
  const postgres = await detectorDatabase();
  const identities = systemIdentities();
  const nats = await startNats({
    dir: path.join(folder.path, 'nats'),
    configuration: (at) => serverConfiguration({ ...at, serverName: 'anomaly-spec', identities }),
  });
  const log = createLog('anomaly-detector', { write: () => undefined });
  const { url } = nats;
  const journal = await drillPublisher({ url, service: 'vault', identity: identities.vault.events, log });
  const vault = await doorOnlyVault(url, identities, log);
  const { vaultKey } = vault.door;
  const gateway = callersAs(identities.gateway.rpc, { url, vaultKey });
  const ask = asking(await gateway.connect());
  const environment = environmentOf(identities.anomaly, { url, vaultKey, databaseUrl: postgres.url });
  const detector = (): Promise<Anomaly> => startAnomaly(environment, log);
  const running = [await detector()];
  const reader = await readerOn(nats, identities.audit.events, log);

  return {
    postgres,
    principal: environment.KEYTRAIL_PRINCIPAL,
    heard: reader.heard,
    vault,
    publish: (events) => journal.publish(events),
    settled: async () => {
      await until(async () => (await checkpointOf(postgres)) === journal.published());
      const { length } = await postgres.told();
      await until(async () => reader.heard.length >= length);
    },
    list: (body, workspace = SYSTEM) => ask('finding.list', body, { workspace }),
    get: (id, workspace = SYSTEM) => ask('finding.get', { id }, { workspace }),
    ask: (operation, body, workspace = SYSTEM) => ask(operation, body, { workspace }),
    connect: gateway.connect,
    readiness: async () => {
      const answer = await fetch(`http://127.0.0.1:${running[0]?.healthPort}/health/ready`);
      return (await answer.json()) as { readonly status: string };
    },
    metrics: async () => (await fetch(`http://127.0.0.1:${running[0]?.healthPort}/metrics`)).text(),
    restart: async () => {
      await running[0]?.close();
      running[0] = await detector();
    },
    second: async () => void running.push(await detector()),
    end: async () => {
      await Promise.all(running.map((each) => each.close()));
      await Promise.all([journal.stop(), reader.stop(), vault.end(), gateway.end()]);
      await nats.stop();
      await postgres.end();
      await folder.remove();
    },
  };
}

interface Surroundings {
  readonly url: string;
  readonly vaultKey: VaultKey;
  readonly databaseUrl: string;
}

function environmentOf({ rpc, events }: ServiceIdentities, { url, vaultKey, databaseUrl }: Surroundings) {
  return {
    KEYTRAIL_NATS_URL: url,
    KEYTRAIL_NATS_RPC_SEED_FILE: rpc.seed,
    KEYTRAIL_NATS_EVENTS_SEED_FILE: events.seed,
    KEYTRAIL_PRINCIPAL: Principal.parse(rpc.principal),
    KEYTRAIL_DATABASE_URL_FILE: databaseUrl,
    KEYTRAIL_VAULT_KEY: vaultKey,
    KEYTRAIL_HOST: '127.0.0.1',
    KEYTRAIL_HEALTH_PORT: 0,
  };
}

function callersAs(identity: Identity, { url, vaultKey }: Pick<Surroundings, 'url' | 'vaultKey'>) {
  const open: DrillCaller[] = [];
  return {
    connect: async (): Promise<DrillCaller> => {
      const caller = await drillCaller({ url, identity, vaultKey });
      open.push(caller);
      return caller;
    },
    end: () => Promise.all(open.map((caller) => caller.close())),
  };
}

/** Throws where it does not become so in time, so that no loop outlives its test. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${condition.toString()}`);
    await sleep(20);
  }
}

async function checkpointOf({ owner }: DetectorDatabase): Promise<number> {
  const { rows } = await sql<{ ordinal: string }>`
    select ordinal from projection_checkpoint where projection = 'anomaly-vault'`.execute(owner);
  return Number(rows[0]?.ordinal ?? 0);
}

/** Asks the detector for a person, unless `rest` says otherwise. */
export function asking(client: RpcClient) {
  const onBehalfOf = mintPrincipal();
  return <T>(operation: string, body: object, rest: Partial<RpcCall> = {}): Promise<RpcReply<T>> => {
    const [aggregate = '', verb = ''] = operation.split('.');
    const deadlineMs = Date.now() + LIMITS.deadlineMaxMs;
    const call = { service: 'anomaly', workspace: SYSTEM, aggregate, verb, body, onBehalfOf, deadlineMs };
    return client.request<T>({ ...call, ...rest });
  };
}

/** Somebody else who follows the detector's stream. */
async function readerOn({ url }: NatsServer, { seed }: Identity, log: Log) {
  const heard: EventBody[] = [];
  const connection = await connectEvents({ url, seed, name: 'audit' });
  const following = consume({
    connection,
    reader: 'audit',
    service: 'anomaly',
    lastOrdinal: async () => heard.length,
    handle: async (events) => {
      for (const { body } of events) heard.push(EventBody.parse(JSON.parse(Buffer.from(body).toString())));
    },
    log,
  });
  return {
    heard,
    stop: async () => {
      await following.stop();
      await connection.close();
    },
  };
}
