/** A vault that has little or nothing in memory, or what is true no more: how much it asks, and what it releases. */
import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type DecryptReply,
  principalStream,
  type Reference,
  type RpcReply,
  secretStream,
  workspaceStream,
} from '@keytrail/contracts';
import { loadRootKey, uuidv7 } from '@keytrail/crypto';
import type { RpcRequest } from '@keytrail/nats';
import { type Database, postgresAccessJournal, postgresJournal } from '@keytrail/postgres';
import { NestFactory } from '@nestjs/core';
import { sql } from 'kysely';
import { AccessRpc } from './access/access.rpc.js';
import { type CacheLimits, cacheLimits } from './cache-limits.js';
import { codeOf, openVaultFixture, type TokenHolder, type VaultFixture } from './vault.fixture.js';
import { VaultModule } from './vault.module.js';
import { type VaultRooms, vaultRooms } from './vault.rooms.js';

let on: VaultFixture;
beforeAll(async () => {
  on = await openVaultFixture();
  await on.admin.ask('workspace.create', { slug: 'acme' });
}, 60_000);
afterAll(async () => on?.close());

const valueOf = (reference: string) => `the value of ${reference}`;
const referenceOf = (name: string, i = 0) => `tenant.acme.openai.${name}_${i}` as Reference;

/** Creates so many secrets, some at a time, and answers their references. */
async function secrets(name: string, count: number): Promise<readonly Reference[]> {
  const references = Array.from({ length: count }, (_, i) => referenceOf(name, i));
  for (let from = 0; from < count; from += 50) {
    const created = references.slice(from, from + 50).map(async (reference) => {
      const sealedValue = await on.seal(reference, valueOf(reference));
      return codeOf(await on.admin.ask('secret.create', { reference, sealedValue }));
    });
    expect(new Set(await Promise.all(created))).toEqual(new Set(['ok']));
  }
  return references;
}

/** Tells of each statement on its way, as it was written. */
const watched = (database: Database, onStatement: (text: string) => void): Database =>
  database.withPlugin({
    transformQuery: ({ node }) => {
      if (node.kind === 'RawNode') onStatement(node.sqlFragments.join('?'));
      return node;
    },
    transformResult: async ({ result }) => result,
  });

interface Replica {
  readonly rooms: VaultRooms;
  /** The reading statements since it was last emptied. */
  readonly reads: string[];
  /** As a session of `caller` asks, once it has proven that it does. */
  readonly obtain: (reference: string) => Promise<RpcReply<DecryptReply>>;
}

let counters = 0;

/** A replica of the vault with nothing in memory, without a bus in front of it. */
async function coldReplica(caller: TokenHolder, limits?: CacheLimits): Promise<Replica> {
  const reads: string[] = [];
  const database = watched(on.rooms.database, (text) => {
    if (/^\s*select/.test(text) && !text.includes('_append')) reads.push(text);
  });
  const parts = { service: 'vault', database } as const;
  const rooms = vaultRooms({
    database,
    journal: postgresJournal(parts),
    accessJournal: postgresAccessJournal(parts),
    root: loadRootKey(on.root),
    principal: on.gateway.principal,
    issuers: [],
    ...(limits && { cacheLimits: limits }),
  });
  const app = await NestFactory.createApplicationContext(VaultModule.with(rooms), { logger: false });
  const session = await sessionOf(caller, on.rooms);
  const { principal, conn } = caller;
  const address = { service: 'vault', workspace: 'acme', aggregate: 'secret', verb: 'decrypt', principal, conn };
  const obtain = (reference: string) => {
    const request = { address, actor: principal, session, counter: 800_000_000 + ++counters, requestId: uuidv7() };
    const rpc = { ...request, deadlineMs: Date.now() + 10_000 } as unknown as RpcRequest;
    return app.get(AccessRpc).decrypt({ reference }, rpc) as Promise<RpcReply<DecryptReply>>;
  };
  return { rooms, reads, obtain };
}

/** Known to a replica that is not the one in question, so that nothing of it is in memory there. */
async function sessionOf({ principal }: TokenHolder, { sessions, database }: VaultRooms) {
  const { rows } = await sql<{ id: string }>`
    select session_id as id from session where principal = ${principal}`.execute(database);
  const session = await sessions.find(rows[0]?.id as Parameters<typeof sessions.find>[0]);
  expect(session).not.toBeNull();
  return session;
}

const textOf = (reply: RpcReply<DecryptReply>) =>
  reply.ok ? Buffer.from(reply.value.value, 'base64').toString() : reply.error.code;

it('a thousand secrets that are asked for at once are loaded with a few queries, and each is its own', async () => {
  const references = await secrets('many', 1_000);
  const { reads, obtain, rooms } = await coldReplica(on.billing);
  const replies = await Promise.all(references.map(obtain));
  expect(replies.map(textOf)).toEqual(references.map(valueOf));
  const about = (table: string) => reads.filter((text) => text.includes(` ${table}`)).length;
  const tables = ['journal', 'sealed_version', 'keyring', 'session'];
  expect(tables.filter((table) => about(table) === 0)).toEqual([]);
  // Each group of 256 asks once for what it has in common; beside them stand session, principal and workspace.
  expect(reads.length).toBeLessThan(40);
  expect(rooms.streams.secrets.readings()).toMatchObject({ hits: 0, misses: 1_000 });

  reads.length = 0;
  const again = await Promise.all(references.map(obtain));
  expect(again.map(textOf)).toEqual(references.map(valueOf));
  expect(reads).toEqual([]);
  expect(rooms.streams.secrets.readings()).toMatchObject({ hits: 1_000, misses: 1_000 });
  expect(rooms.material.readings()).toMatchObject({ hits: 1_000, misses: 1_000 });
  // There is room for a hundred times as many.
  const { secretsBytes, versionsBytes } = cacheLimits();
  expect(rooms.streams.secrets.readings().bytes * 100).toBeLessThan(secretsBytes);
  expect(rooms.material.readings().bytes * 100).toBeLessThan(versionsBytes);
}, 60_000);

it('of many that are loaded together, one that does not open fails alone', async () => {
  const references = await secrets('damaged', 20);
  const damaged = references[7] as Reference;
  const { obtain, rooms } = await coldReplica(on.billing);
  const { state } = await rooms.streams.secrets.current(secretStream(damaged));
  const secretId = state.exists ? state.secretId : '';
  await sql`update sealed_version set wrapped_key = ciphertext where secret_id = ${secretId}`.execute(on.database);
  const replies = await Promise.all(references.map(obtain));
  expect(replies.map(textOf)).toEqual(
    references.map((reference) => (reference === damaged ? 'secret.unavailable' : valueOf(reference))),
  );
});

describe('what is in memory and true no more costs a look, and releases nothing', () => {
  it.each<{ what: string; withdraw: (reference: Reference, caller: TokenHolder) => Promise<RpcReply> }>([
    {
      what: 'a secret that another replica has revoked',
      withdraw: (reference) => on.admin.ask('secret.revoke', { reference }),
    },
    {
      what: 'a principal that another replica has taken a role from',
      withdraw: (_, { principal }) =>
        on.admin.ask('principal.unbind_role', { principal, role: 'service', workspace: 'acme' }),
    },
    {
      what: 'a workspace that another replica has given a policy',
      withdraw: (_, { principal }) =>
        on.admin.ask('policy.publish', {
          name: 'hold',
          source: `forbid (principal == Keytrail::Principal::"${principal}", action, resource);`,
        }),
    },
  ])('$what', async ({ what, withdraw }) => {
    const name = what.split(' ')[1] as string;
    const [[reference], caller] = [await secrets(name, 1), await on.caller('service', { workspace: 'acme' })];
    const { rooms, reads, obtain } = await coldReplica(caller);
    expect(textOf(await obtain(reference as Reference))).toBe(valueOf(reference as Reference));
    expect(codeOf(await withdraw(reference as Reference, caller))).toBe('ok');

    const { streams } = rooms;
    const known = async () =>
      Promise.all([
        streams.secrets.known(secretStream(reference as Reference)),
        streams.principals.known(principalStream(caller.principal)),
        streams.workspaces.known(workspaceStream('acme')),
      ]);
    const revisions = async () => (await known()).map(({ revision }) => revision);
    reads.length = 0;
    const stale = await revisions();
    expect(reads).toEqual([]);
    const replies = await Promise.all(Array.from({ length: 8 }, () => obtain(reference as Reference)));
    expect(new Set(replies.map(textOf))).toEqual(new Set(['secret.unavailable']));
    expect(await revisions()).not.toEqual(stale);
    // However many have met it, they look again together: at the secret, at the principal, at the workspace.
    expect(reads.length).toBeLessThan(9);
  });
});

describe('with next to no room', () => {
  it.each<[string, number, number]>([
    ['nothing is kept', 1, 0],
    ['little is kept', 30_000, 200],
  ])('every answer is right: %s', async (_, bytes, leastBytes) => {
    const references = await secrets(`room_${bytes}`, 60);
    const limits = { secretsBytes: bytes, versionsBytes: bytes, principalsBytes: bytes, workspacesBytes: bytes };
    const { rooms, obtain } = await coldReplica(on.billing, limits);
    for (const round of [1, 2]) {
      const revoked = references[round] as Reference;
      expect(codeOf(await on.admin.ask('secret.revoke', { reference: revoked }))).toBe('ok');
      const gone = new Set(references.slice(1, round + 1));
      const replies = await Promise.all(references.map(obtain));
      expect(replies.map(textOf)).toEqual(
        references.map((reference) => (gone.has(reference) ? 'secret.unavailable' : valueOf(reference))),
      );
    }
    const { principals, workspaces, secrets: folded } = rooms.streams;
    const held = [principals, workspaces, folded, rooms.material].map((cache) => cache.readings().bytes);
    expect(Math.max(...held)).toBeLessThanOrEqual(bytes);
    expect(Math.min(...held)).toBeGreaterThanOrEqual(leastBytes);
  });
});
