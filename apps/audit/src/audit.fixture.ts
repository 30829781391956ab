/**
 * The audit with all that is around it, for specs: PostgreSQL, nats-server, a relay that publishes, a client that asks.
 */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  AuditEventPage,
  ParkedPage,
  ReplayParkedReply,
  RpcReply,
  SecretUsage,
  SecuritySummary,
  Service,
  VaultKey,
  WhatIfPage,
} from '@keytrail/contracts';
import { Conn, LIMITS, Principal } from '@keytrail/contracts';
import { mintConn, mintPrincipal } from '@keytrail/crypto';
import type { Identity, RelayOptions, ServiceIdentities } from '@keytrail/nats';
import {
  connectEvents,
  connectRpc,
  nkeyCredential,
  systemIdentities,
  relay,
  rpcClient,
  serverConfiguration,
} from '@keytrail/nats';
import type { Database } from '@keytrail/postgres';
import type { Log } from '@keytrail/service';
import { createLog } from '@keytrail/service';
import type { NatsServer } from '@keytrail/testing';
import { startNats, temporaryFolder } from '@keytrail/testing';
import type { MikroORM } from '@mikro-orm/postgresql';
import type { Audit } from './audit.js';
import { startAudit } from './audit.js';
import { auditDatabase } from './database.fixture.js';
import { doorOn } from './door.fixture.js';
import type { Environment } from './environment.js';
import type { MadeEvent, Said } from './event/audit-event.fixture.js';
import { madeEvent } from './event/audit-event.fixture.js';

export interface AuditOnTheBus {
  readonly log: Log;
  /** What has been logged. */
  readonly lines: readonly string[];
  /** The service's own database, with the service's role. */
  readonly orm: MikroORM;
  readonly database: Database;
  /** The same database as the superuser, for what no service may do. */
  readonly root: Database;
  /** How many events have been published. */
  published(): number;
  /** Puts events onto the bus as the vault would; returns once the audit tells the last of them. */
  publish(...events: readonly (Said | MadeEvent)[]): Promise<void>;
  list(body: object, workspace?: string): Promise<RpcReply<AuditEventPage>>;
  usageOf(reference: string, workspace?: string): Promise<RpcReply<SecretUsage>>;
  summary(body: object, workspace?: string): Promise<RpcReply<SecuritySummary>>;
  whatIf(body: object, workspace: string): Promise<RpcReply<WhatIfPage>>;
  parked(body: object, workspace?: string): Promise<RpcReply<ParkedPage>>;
  replay(body: object, workspace?: string): Promise<RpcReply<ReplayParkedReply>>;
  /** The status that an orchestrator is told, and which checks fail. */
  readiness(): Promise<{ readonly status: string; readonly failing?: readonly string[] }>;
  /** What a scraper is told. */
  metrics(): Promise<string>;
  readonly nats: NatsServer;
  restart(): Promise<void>;
  stopDatabase(): Promise<void>;
  startDatabase(): Promise<void>;
  end(): Promise<void>;
}

const SYSTEM = '_system';

export async function auditOnTheBus(): Promise<AuditOnTheBus> {
  const folder = await temporaryFolder();
  const { orm, database, root, ...postgres } = await auditDatabase();
  const identities = systemIdentities();
  const nats = await startNats({
    dir: path.join(folder.path, 'nats'),
    configuration: (at) => serverConfiguration({ ...at, serverName: 'audit-spec', identities }),
  });
  const lines: string[] = [];
  const log = createLog('audit', { write: (line) => void lines.push(line) });
  const door = await doorOn(nats.url, identities.vault.rpc, log);
  const { vaultKey } = door;
  const environment = environmentOf({ nats, identities: identities.audit, databaseUrl: postgres.url, vaultKey });
  const publisher = (service: Service) => publisherOn({ nats, service, identity: identities[service].events, log });
  const [vault, ...silent] = await Promise.all([publisher('vault'), publisher('rotation'), publisher('anomaly')]);
  const gateway = await gatewayOn(nats, identities.gateway.rpc, vaultKey);
  let audit: Audit = await startAudit(environment, log);

  const list = (body: object, workspace = SYSTEM) => gateway.ask<AuditEventPage>('event.list', body, workspace);
  const isTold = async (requestId: string) => {
    const reply = await list({ requestId });
    return reply.ok && reply.value.items.length > 0;
  };
  return {
    log,
    lines,
    orm,
    database,
    root,
    published: vault.published,
    publish: async (...events) => {
      const requestId = vault.publish(events.map(made));
      await until(() => isTold(requestId));
    },
    list,
    whatIf: (body, workspace) => gateway.ask<WhatIfPage>('access.what_if', body, workspace),
    parked: (body, workspace = SYSTEM) => gateway.ask<ParkedPage>('parked.list', body, workspace),
    replay: (body, workspace = SYSTEM) => gateway.ask<ReplayParkedReply>('parked.replay', body, workspace),
    summary: (body, workspace = SYSTEM) => gateway.ask<SecuritySummary>('usage.summary', body, workspace),
    usageOf: (reference, workspace = SYSTEM) => gateway.ask<SecretUsage>('usage.get', { reference }, workspace),
    readiness: async () => {
      const answer = await fetch(`http://127.0.0.1:${audit.healthPort}/health/ready`);
      return (await answer.json()) as { readonly status: string };
    },
    metrics: async () => (await fetch(`http://127.0.0.1:${audit.healthPort}/metrics`)).text(),
    nats,
    restart: async () => {
      await audit.close();
      audit = await startAudit(environment, log);
    },
    stopDatabase: () => postgres.stop(),
    startDatabase: () => postgres.start(),
    end: async () => {
      await audit.close();
      await Promise.all([vault, ...silent, gateway, door].map((each) => each.stop()));
      await nats.stop();
      await postgres.end();
      await folder.remove();
    },
  };
}

export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}

interface Surroundings {
  readonly nats: NatsServer;
  readonly identities: ServiceIdentities;
  readonly databaseUrl: string;
  readonly vaultKey: VaultKey;
}

function environmentOf({ nats, identities: { rpc, events }, databaseUrl, vaultKey }: Surroundings): Environment {
  return {
    KEYTRAIL_NATS_URL: nats.url,
    KEYTRAIL_NATS_RPC_SEED_FILE: rpc.seed,
    KEYTRAIL_NATS_EVENTS_SEED_FILE: events.seed,
    KEYTRAIL_PRINCIPAL: Principal.parse(rpc.principal),
    KEYTRAIL_DATABASE_URL_FILE: databaseUrl,
    KEYTRAIL_VAULT_KEY: vaultKey,
    KEYTRAIL_HOST: '127.0.0.1',
    KEYTRAIL_HEALTH_PORT: 0,
  };
}

const made = (event: Said | MadeEvent): MadeEvent => ('body' in event ? (event as MadeEvent) : madeEvent(event));

interface Publisher {
  readonly nats: NatsServer;
  readonly service: Service;
  readonly identity: Identity;
  readonly log: Log;
}

/** A relay over a journal in memory. */
async function publisherOn({ nats, service, identity, log }: Publisher) {
  const journal: MadeEvent[] = [];
  const reader: RelayOptions['reader'] = {
    readAfter: async ({ position }, limit) =>
      journal.slice(Number(position), Number(position) + limit).map((event, i) => ({
        ...event,
        salt: event.salt === null ? null : Buffer.from(event.salt).toString('base64'),
        detail: event.detail === null ? null : Buffer.from(event.detail).toString(),
        time: '2026-01-31T12:00:00.000Z',
        mark: { tx: '1', position: String(Number(position) + i + 1) },
      })),
  };
  const connection = await connectEvents({ url: nats.url, seed: identity.seed, name: service });
  const running = relay({ service, reader, marks: marksInMemory(), connection, log });
  return {
    published: () => journal.length,
    /** Answers the request id of the last. */
    publish: (events: readonly MadeEvent[]): string => {
      journal.push(...events);
      running.nudge();
      const last = Buffer.from(events.at(-1)?.body ?? []).toString();
      return (JSON.parse(last) as { readonly requestid: string }).requestid;
    },
    stop: async () => {
      await running.stop();
      await connection.close();
    },
  };
}

function marksInMemory(): RelayOptions['marks'] {
  let mark: Parameters<RelayOptions['marks']['save']>[0] = {
    tx: '0',
    position: '0',
    ordinal: 0,
    eventId: null,
    time: null,
  };
  return {
    load: async () => mark,
    save: async (next) => {
      mark = next;
    },
    lead: (run, signal) => run(signal),
  };
}

async function gatewayOn({ url }: NatsServer, { seed, principal }: Identity, vaultKey: VaultKey) {
  const who = { principal, conn: Conn.parse(mintConn()) };
  const connection = await connectRpc({ url, seed, name: 'gateway', ...who });
  const client = rpcClient(connection, who, { vaultKey, credential: nkeyCredential(seed) });
  const onBehalfOf = Principal.parse(mintPrincipal());
  return {
    ask: <T>(operation: string, body: object, workspace: string): Promise<RpcReply<T>> => {
      const [aggregate = '', verb = ''] = operation.split('.');
      const patienceMs = operation === 'access.what_if' ? LIMITS.deadlineMaxMs : LIMITS.deadlineDefaultMs;
      const deadlineMs = Date.now() + patienceMs;
      return client.request<T>({ service: 'audit', workspace, aggregate, verb, body, onBehalfOf, deadlineMs });
    },
    stop: () => connection.close(),
  };
}
