/** Principals on a real PostgreSQL, and requests as the RPC server hands them on. */
import 'reflect-metadata';
import path from 'node:path';
import {
  type Conn,
  EdgeDetail,
  Principal,
  type RequestId,
  type RpcReply,
  SYSTEM_WORKSPACE,
  type Workspace,
} from '@keytrail/contracts';
import { localRootKey, mintPrincipal, randomBytes, type RootKey } from '@keytrail/crypto';
import type { RpcRequest } from '@keytrail/nats';
import type { Database } from '@keytrail/postgres';
import { databaseOf, migrate, openDatabase, postgresJournal, provision } from '@keytrail/postgres';
import { startPostgres, temporaryFolder } from '@keytrail/testing';
import { CqrsModule } from '@nestjs/cqrs';
import { NestFactory } from '@nestjs/core';
import { ensureSystemKeys } from '../bootstrap-vault.js';
import { Keyring } from '../key/keyring.js';
import { JOURNAL, ROOMS, type VaultJournal } from '../vault.ports.js';
import { VAULT_STEPS } from '../vault.schema.js';
import { vaultStreams } from '../vault.streams.js';
import { Directory } from './directory.js';
import { ChangePrincipalHandler } from './principal.handler.js';
import { DescribePrincipalHandler, FindPrincipalsHandler } from './principal.query.js';
import { PrincipalRpc } from './principal.rpc.js';
import { PrincipalStore } from './principal.store.js';
import { IssueApiTokenHandler, ListApiTokensHandler, RevokeApiTokenHandler } from './token.handler.js';
import { TokenRpc } from './token.rpc.js';

export interface PrincipalFixture {
  readonly folder: string;
  readonly database: Database;
  readonly journal: VaultJournal;
  readonly root: RootKey;
  /** A further pool, as another process would have. */
  readonly replica: () => Promise<Database>;
  /** A database of its own, with nothing in it; `url` is its service's. */
  readonly another: () => Promise<{ readonly database: Database; readonly url: string }>;
  readonly close: () => Promise<void>;
}

export async function openPrincipalFixture(): Promise<PrincipalFixture> {
  const folder = await temporaryFolder();
  const server = await startPostgres({ dir: path.join(folder.path, 'pg') });
  const closing: (() => Promise<unknown>)[] = [];
  const open = async (name: string) => {
    const url = server.url({ database: name, user: `${name}_service`, password: 'service' });
    const orm = await openDatabase({ url });
    closing.push(() => orm.close());
    return { url, database: databaseOf(orm) };
  };
  const create = async (name: string) => {
    const passwords = { ownerPassword: 'owner', servicePassword: 'service' };
    await provision({ superuserUrl: server.superuserUrl, database: name, ...passwords });
    const owner = server.url({ database: name, user: `${name}_owner`, password: 'owner' });
    await migrate(owner, VAULT_STEPS);
    return open(name);
  };
  const { database } = await create('keytrail_vault');
  let others = 0;
  return {
    folder: folder.path,
    database,
    journal: postgresJournal({ service: 'vault', database }),
    root: localRootKey(randomBytes(32)),
    replica: async () => (await open('keytrail_vault')).database,
    another: () => create(`keytrail_vault_${++others}`),
    close: async () => {
      await Promise.all(closing.map((close) => close()));
      await server.stop();
      await folder.remove();
    },
  };
}

/** What the vault makes of this room, without a bus in front of it. */
export interface Replica {
  readonly principals: PrincipalRpc;
  readonly tokens: TokenRpc;
  readonly directory: Directory;
  readonly store: PrincipalStore;
  readonly close: () => Promise<void>;
}

/** The keys that belong to no workspace are minted where there are none. */
export async function startReplica(database: Database, root: RootKey): Promise<Replica> {
  const keyring = new Keyring(database, root);
  await ensureSystemKeys(database, keyring);
  const journal = postgresJournal({ service: 'vault', database });
  const [store, streams] = [new PrincipalStore(database), vaultStreams(journal)];
  class Room {}
  const module = {
    module: Room,
    imports: [CqrsModule.forRoot()],
    providers: [
      { provide: ROOMS, useValue: { journal, principals: store, keyring, streams } },
      { provide: JOURNAL, useValue: journal },
      { provide: Keyring, useValue: keyring },
      { provide: PrincipalStore, useValue: store },
      PrincipalRpc,
      TokenRpc,
      ChangePrincipalHandler,
      DescribePrincipalHandler,
      FindPrincipalsHandler,
      IssueApiTokenHandler,
      RevokeApiTokenHandler,
      ListApiTokensHandler,
    ],
  };
  const app = await NestFactory.createApplicationContext(module, { logger: false });
  return {
    principals: app.get(PrincipalRpc),
    tokens: app.get(TokenRpc),
    directory: new Directory(streams.principals, store),
    store,
    close: () => app.close(),
  };
}

export const admin = Principal.parse(mintPrincipal());

interface Asking {
  readonly commandId?: string;
  readonly actor?: Principal;
  readonly workspace?: string;
}

/** A request by the administrator, addressed to no workspace, unless a test wants it different. */
export function rpcOf(operation: string, { commandId, actor = admin, workspace = SYSTEM_WORKSPACE }: Asking = {}) {
  const [aggregate = '', verb = ''] = operation.split('.');
  const conn = 'c'.repeat(22) as Conn;
  const address = { service: 'vault', principal: actor, conn, workspace: workspace as Workspace, aggregate, verb };
  const request: RpcRequest = {
    address,
    subject: `rpc.vault.${actor}.${conn}.${workspace}.${operation}`,
    reply: `_R.${actor}.${conn}.1`,
    actor,
    session: null,
    counter: null,
    replyBytes: 1_000_000,
    requestId: 'request-1' as RequestId,
    deadlineMs: Date.now() + 5_000,
    edge: EdgeDetail.parse({ ip: '192.0.2.7' }),
    ...(commandId !== undefined && { commandId: commandId as RequestId }),
  };
  return request;
}

/** The value of a reply; throws where it is a refusal. */
export function valueOf<T>(reply: RpcReply<T>): T {
  if (reply.ok) return reply.value;
  throw new Error(`${reply.error.code}: ${reply.error.message}`);
}
