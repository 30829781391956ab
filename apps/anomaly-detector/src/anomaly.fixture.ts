/**
 * The detector with all that is around it, for specs: PostgreSQL, nats-server, a vault's relay, readers, a client that
 * asks.
 */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding, FindingPage, RpcReply } from '@keytrail/contracts';
import { Conn, EventBody, Principal } from '@keytrail/contracts';
import { mintConn } from '@keytrail/crypto';
import type { Identity, RelayOptions } from '@keytrail/nats';
import {
  connectEvents,
  connectRpc,
  consume,
  relay,
  rpcClient,
  serverConfiguration,
  systemIdentities,
} from '@keytrail/nats';
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

export interface AnomalyOnTheBus {
  readonly postgres: DetectorDatabase;
  /** The detector's own. */
  readonly principal: string;
  /** What stands in the stream `ANOMALY`, in its order, as another reader has received it. */
  readonly heard: readonly EventBody[];
  /** Puts events onto the bus as the vault would. */
  publish(events: readonly VaultEvent[]): void;
  /** Once all that was published is counted, and all findings are heard. */
  settled(): Promise<void>;
  list(body: object, workspace?: string): Promise<RpcReply<FindingPage>>;
  get(id: string, workspace?: string): Promise<RpcReply<Finding>>;
  ask<T>(operation: string, body: object, workspace?: string): Promise<RpcReply<T>>;
  /** The status that an orchestrator is told, and which checks fail. */
  readiness(): Promise<{ readonly status: string; readonly failing?: readonly string[] }>;
  restart(): Promise<void>;
  /** A further detector on the same database; ended with the fixture. */
  second(): Promise<void>;
  end(): Promise<void>;
}

const SYSTEM = '_system';

export async function anomalyOnTheBus(): Promise<AnomalyOnTheBus> {
  const folder = await temporaryFolder();
  const postgres = await detectorDatabase();
  const identities = systemIdentities([]);
  const nats = await startNats({
    dir: path.join(folder.path, 'nats'),
    configuration: (at) => serverConfiguration({ ...at, serverName: 'anomaly-spec', identities }),
  });
  const log = createLog('anomaly-detector', { write: () => undefined });
  const vault = await vaultOn(nats, identities.vault.events, log);
  const gateway = await gatewayOn(nats, identities.gateway.rpc);
  const { rpc, events } = identities.anomaly;
  const detector = (): Promise<Anomaly> =>
    startAnomaly(
      {
        KEYTRAIL_NATS_URL: nats.url,
        KEYTRAIL_NATS_RPC_SEED_FILE: rpc.seed,
        KEYTRAIL_NATS_EVENTS_SEED_FILE: events.seed,
        KEYTRAIL_PRINCIPAL: Principal.parse(rpc.principal),
        KEYTRAIL_DATABASE_URL_FILE: postgres.url,
        KEYTRAIL_HOST: '127.0.0.1',
        KEYTRAIL_HEALTH_PORT: 0,
      },
      log,
    );
  const running = [await detector()];
  const reader = await readerOn(nats, identities.audit.events, log);

  return {
    postgres,
    principal: rpc.principal,
    heard: reader.heard,
    publish: vault.publish,
    settled: async () => {
      await until(async () => (await checkpointOf(postgres)) === vault.published());
      const { length } = await postgres.told();
      await until(async () => reader.heard.length >= length);
    },
    list: (body, workspace = SYSTEM) => gateway.ask<FindingPage>('finding.list', body, workspace),
    get: (id, workspace = SYSTEM) => gateway.ask<Finding>('finding.get', { id }, workspace),
    ask: <T>(operation: string, body: object, workspace = SYSTEM) => gateway.ask<T>(operation, body, workspace),
    readiness: async () => {
      const answer = await fetch(`http://127.0.0.1:${running[0]?.healthPort}/health/ready`);
      return (await answer.json()) as { readonly status: string };
    },
    restart: async () => {
      await running[0]?.close();
      running[0] = await detector();
    },
    second: async () => void running.push(await detector()),
    end: async () => {
      await Promise.all(running.map((each) => each.close()));
      await Promise.all([vault.stop(), gateway.stop(), reader.stop()]);
      await nats.stop();
      await postgres.end();
      await folder.remove();
    },
  };
}

export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}

async function checkpointOf({ owner }: DetectorDatabase): Promise<number> {
  const { rows } = await sql<{ ordinal: string }>`
    select ordinal from projection_checkpoint where projection = 'anomaly-vault'`.execute(owner);
  return Number(rows[0]?.ordinal ?? 0);
}

/** A relay over a journal in memory. */
async function vaultOn({ url }: NatsServer, { seed }: Identity, log: Log) {
  const journal: VaultEvent[] = [];
  const reader: RelayOptions['reader'] = {
    readAfter: async ({ position }, limit) =>
      journal.slice(Number(position), Number(position) + limit).map((event, i) => ({
        ...event,
        time: '2026-01-31T12:00:00.000Z',
        mark: { tx: '1', position: String(Number(position) + i + 1) },
      })),
  };
  let mark: Parameters<RelayOptions['marks']['save']>[0] = {
    tx: '0',
    position: '0',
    ordinal: 0,
    eventId: null,
    time: null,
  };
  const marks: RelayOptions['marks'] = {
    load: async () => mark,
    save: async (next) => {
      mark = next;
    },
    lead: (run, signal) => run(signal),
  };
  const connection = await connectEvents({ url, seed, name: 'vault' });
  const running = relay({ service: 'vault', reader, marks, connection, log });
  return {
    published: () => journal.length,
    publish: (events: readonly VaultEvent[]) => {
      for (const event of events) journal.push(event);
      running.nudge();
    },
    stop: async () => {
      await running.stop();
      await connection.close();
    },
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

async function gatewayOn({ url }: NatsServer, { seed, principal }: Identity) {
  const who = { principal, conn: Conn.parse(mintConn()) };
  const connection = await connectRpc({ url, seed, name: 'gateway', ...who });
  const client = rpcClient(connection, who);
  return {
    ask: <T>(operation: string, body: object, workspace: string): Promise<RpcReply<T>> => {
      const [aggregate = '', verb = ''] = operation.split('.');
      return client.request<T>({ service: 'anomaly', workspace, aggregate, verb, body });
    },
    stop: () => connection.close(),
  };
}
