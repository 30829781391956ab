/** Principals and their tokens on a real PostgreSQL, asked through their doors. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Principal, PrincipalDescription, RpcReply } from '@keytrail/contracts';
import { EVENTS, IssuedToken, PrincipalPage, principalStream, TokenList } from '@keytrail/contracts';
import { connectSecretOf, localRootKey, parseApiToken, parseConnectSecret, randomBytes } from '@keytrail/crypto';
import { postgresJournalReader } from '@keytrail/postgres';
import { sql } from 'kysely';
import {
  admin,
  openPrincipalFixture,
  type PrincipalFixture,
  type Replica,
  rpcOf,
  startReplica,
  valueOf,
} from './principal.fixture.js';

let vault: PrincipalFixture;
let first: Replica;
let second: Replica;

beforeAll(async () => {
  vault = await openPrincipalFixture();
  first = await startReplica(vault.database, vault.root);
  second = await startReplica(await vault.replica(), vault.root);
});
afterAll(async () => {
  await first.close();
  await second.close();
  await vault.close();
});

const codeOf = (reply: RpcReply): string => (reply.ok ? 'ok' : reply.error.code);
let subjects = 0;
const issuer = 'https://login.example.com';
const outsideName = () => ({ issuer, subject: `ada-${++subjects}@example.com` });
const registration = { kind: 'user', displayName: 'Ada Lovelace' };

async function register(body: object = {}, asking = {}, replica = first): Promise<PrincipalDescription> {
  return valueOf(await replica.principals.register({ ...registration, ...body }, rpcOf('principal.register', asking)));
}

async function issue(principal: Principal, body: object = {}, asking = {}) {
  return IssuedToken.parse(valueOf(await first.tokens.issue({ principal, ...body }, rpcOf('token.issue', asking))));
}

describe('registering', () => {
  it('answers whom it made, and they are found', async () => {
    const name = outsideName();
    const roles = [{ role: 'service', workspace: 'acme' }];
    const made = await register({ outsideName: name, roles });
    const shown = { ...registration, outsideName: name, roles, status: 'active', revision: 2 };
    expect(made).toMatchObject(shown);
    expect(valueOf(await second.principals.get({ principal: made.principal }, rpcOf('principal.get')))).toEqual(made);
    expect(await second.directory.byOutsideName(name)).toBe(made.principal);
    expect(await second.directory.byOutsideName({ ...name, issuer: `${issuer}/` })).toBeNull();
  });

  it('makes one principal of a repeated request, on whichever replica it arrives', async () => {
    const [body, asking] = [{ outsideName: outsideName() }, { commandId: 'register-1' }];
    const [made, again] = [await register(body, asking), await register(body, asking, second)];
    expect(again).toEqual(made);
    const changed = { ...registration, ...body, displayName: 'Somebody else' };
    const reused = await first.principals.register(changed, rpcOf('principal.register', asking));
    expect(codeOf(reused)).toBe('request.command_id_reused');
  });

  it('makes two principals where the same command id comes from two administrators', async () => {
    const other = 'z'.repeat(26) as Principal;
    const [one, two] = [
      await register({}, { commandId: 'r-2' }),
      await register({}, { commandId: 'r-2', actor: other }),
    ];
    expect(one.principal).not.toBe(two.principal);
  });

  it('refuses an outside name that is taken', async () => {
    const body = { ...registration, outsideName: outsideName() };
    await register(body);
    expect(codeOf(await second.principals.register(body, rpcOf('principal.register')))).toBe('principal.name_taken');
  });

  it('gives the name of somebody who was suspended to whoever is registered anew', async () => {
    const body = { ...registration, outsideName: outsideName() };
    const { principal } = await register(body);
    valueOf(await first.principals.suspend({ principal }, rpcOf('principal.suspend')));
    const anew = await register(body);
    expect(anew).toMatchObject({ status: 'active', outsideName: body.outsideName });
    expect(anew.principal).not.toBe(principal);
    expect(codeOf(await second.principals.register(body, rpcOf('principal.register')))).toBe('principal.name_taken');
  });

  it('gives a name to one of many who ask for it at once, and refuses nobody beside them', async () => {
    const body = { ...registration, outsideName: outsideName() };
    const asked = [first, second, first, second].flatMap(({ principals }) => [
      principals.register(body, rpcOf('principal.register')),
      principals.register(registration, rpcOf('principal.register')),
    ]);
    const codes = (await Promise.all(asked)).map(codeOf);
    expect(codes.filter((_, i) => i % 2 === 1)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(codes.filter((_, i) => i % 2 === 0).toSorted()).toEqual(['ok', ...Array(3).fill('principal.name_taken')]);
  });

  it('binds none of the roles that Keytrail keeps for itself', async () => {
    const body = { ...registration, roles: [{ role: 'gateway', workspace: '_system' }] };
    expect(codeOf(await first.principals.register(body, rpcOf('principal.register')))).toBe('request.malformed');
  });
});

describe('changing', () => {
  it('shows the roles and the end of a principal, with its names', async () => {
    const made = await register({ outsideName: outsideName() });
    const { principal } = made;
    const binding = { role: 'security_analyst', workspace: 'acme' };
    const change = { principal, ...binding };
    const bound = valueOf(await first.principals.bindRole(change, rpcOf('principal.bind_role')));
    expect(bound).toEqual({ ...made, roles: [binding], revision: 2, updatedAt: bound.updatedAt });
    const unbound = valueOf(await second.principals.unbindRole(change, rpcOf('principal.unbind_role')));
    expect(unbound).toEqual({ ...made, revision: 3, updatedAt: unbound.updatedAt });
    const suspended = valueOf(
      await first.principals.suspend({ principal, reason: 'left' }, rpcOf('principal.suspend')),
    );
    expect(suspended).toEqual({ ...made, status: 'suspended', revision: 4, updatedAt: suspended.updatedAt });
    expect(valueOf(await first.principals.get({ principal }, rpcOf('principal.get')))).toEqual(suspended);
    expect(codeOf(await first.principals.bindRole(change, rpcOf('principal.bind_role')))).toBe('principal.suspended');
  });

  it('finds nobody who was never registered', async () => {
    const nobody = { principal: 'n'.repeat(26) };
    const asked = [
      first.principals.get(nobody, rpcOf('principal.get')),
      first.principals.suspend(nobody, rpcOf('principal.suspend')),
      first.tokens.issue(nobody, rpcOf('token.issue')),
      first.tokens.list(nobody, rpcOf('token.list')),
    ];
    for (const reply of await Promise.all(asked)) expect(codeOf(reply)).toBe('principal.not_found');
  });
});

it('lists everybody once, page by page, oldest first', async () => {
  const made = [];
  for (let i = 0; i < 5; i++) made.push(await register({ kind: 'workload' }));
  const listed = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const body = { kind: 'workload', limit: 2, ...(cursor && { cursor }) };
    const page = PrincipalPage.parse(valueOf(await second.principals.list(body, rpcOf('principal.list'))));
    listed.push(...page.items);
    cursor = page.nextCursor;
  }
  expect(listed).toEqual(made);
  const wrong = await first.principals.list({ cursor: 'bm9wZQ' }, rpcOf('principal.list'));
  expect(codeOf(wrong)).toBe('request.malformed');
});

it('answers nothing that is addressed to a workspace, but for roles in that very one', async () => {
  const { principal } = await register();
  const to = (operation: string) => rpcOf(operation, { workspace: 'acme' });
  const asked = [
    first.principals.register(registration, to('principal.register')),
    first.principals.get({ principal }, to('principal.get')),
    first.principals.list({}, to('principal.list')),
    first.principals.suspend({ principal }, to('principal.suspend')),
    first.principals.bindRole({ principal, role: 'service', workspace: 'globex' }, to('principal.bind_role')),
    first.principals.unbindRole({ principal, role: 'service', workspace: 'globex' }, to('principal.unbind_role')),
    first.principals.quarantine({ principal, reason: 'odd hours' }, to('principal.quarantine')),
    first.principals.release({ principal }, to('principal.release')),
    first.tokens.issue({ principal }, to('token.issue')),
    first.tokens.revoke({ tokenId: 'a'.repeat(12) }, to('token.revoke')),
    first.tokens.list({ principal }, to('token.list')),
  ];
  for (const reply of await Promise.all(asked)) expect(codeOf(reply)).toBe('request.malformed');
  const role = { principal, role: 'service', workspace: 'acme' };
  expect(await first.principals.bindRole(role, to('principal.bind_role'))).toMatchObject({ ok: true });
  expect(await first.principals.unbindRole(role, to('principal.unbind_role'))).toMatchObject({ ok: true });
});

describe('a token', () => {
  it('is told once, and recognized by its digest and by that of its connect secret', async () => {
    const { principal } = await register();
    const asking = { commandId: 'issue-1' };
    const limits = { scopes: ['secret.decrypt'], expiresAt: '2099-01-01T00:00:00.000Z' };
    const issued = await issue(principal, { label: 'build', ...limits }, asking);
    expect(issued).toMatchObject({ principal, label: 'build', status: 'active', lastUsedAt: null, ...limits });
    const { token, ...described } = issued;
    const known = {
      principal,
      sha256Hex: parseApiToken(token as string)?.sha256Hex,
      connectSha256Hex: parseConnectSecret(connectSecretOf(token as string) as string)?.sha256Hex,
    };
    expect(await second.directory.byToken(issued.tokenId)).toEqual(known);
    const again = await issue(principal, { label: 'build', ...limits }, asking);
    expect(again).toEqual({ ...described, token: null });
    const list = TokenList.parse(valueOf(await first.tokens.list({ principal }, rpcOf('token.list'))));
    expect(list.items).toEqual([described]);
  });

  it('stands nowhere in the database', async () => {
    const { token } = await issue((await register()).principal);
    const secrets = [token as string, connectSecretOf(token as string) as string];
    const { rows } = await sql<{ everything: string }>`
      select (select coalesce(string_agg(t::text, ''), '') from api_token t) ||
             (select string_agg(encode(body, 'escape') || encode(detail, 'escape'), '') from journal) as everything
    `.execute(vault.database);
    for (const secret of secrets) expect(rows[0]?.everything).not.toContain(secret.slice(-43));
  });

  it('is revoked, once, whoever holds it', async () => {
    const { principal } = await register();
    const { tokenId } = await issue(principal);
    const revoke = () => second.tokens.revoke({ tokenId, reason: 'leaked' }, rpcOf('token.revoke'));
    expect(valueOf(await revoke())).toMatchObject({ tokenId, principal, status: 'revoked' });
    expect(valueOf(await revoke())).toMatchObject({ status: 'revoked' });
    expect((await vault.journal.load(principalStream(principal))).length).toBe(3);
    const unknown = await first.tokens.revoke({ tokenId: 'a'.repeat(12) }, rpcOf('token.revoke'));
    expect(codeOf(unknown)).toBe('token.not_found');
  });

  it('is shown as expired once its time has passed', async () => {
    const issued = await issue((await register()).principal, { expiresAt: '2026-01-01T00:00:00.000Z' });
    expect(issued.status).toBe('expired');
  });

  it('is last used when it is shown, and no row is written for the next minute', async () => {
    const { principal } = await register();
    const { tokenId } = await issue(principal);
    const lastUsed = async () => {
      const { items } = TokenList.parse(valueOf(await first.tokens.list({ principal }, rpcOf('token.list'))));
      return items[0]?.lastUsedAt ?? null;
    };
    first.directory.used(tokenId);
    while ((await lastUsed()) === null) await sleep(10);
    const rowVersion = async () => {
      const query = sql<{ xmin: string }>`select xmin::text from api_token where token_id = ${tokenId}`;
      return (await query.execute(vault.database)).rows[0]?.xmin;
    };
    const before = await rowVersion();
    await second.store.noteUse(tokenId);
    expect(await rowVersion()).toBe(before);
  });
});

describe('the directory', () => {
  it('tells what somebody may as it stands now, whichever replica has changed it', async () => {
    const { principal } = await register();
    expect(await second.directory.of(principal)).toMatchObject({
      principal,
      kind: 'user',
      displayName: 'Ada Lovelace',
      readAt: { stream: principalStream(principal), revision: 1 },
    });
    await first.principals.suspend({ principal }, rpcOf('principal.suspend'));
    const after = { state: { suspended: true }, readAt: { revision: 2 } };
    expect(await second.directory.of(principal)).toMatchObject(after);
    expect(await first.directory.of(principal)).toMatchObject(after);
  });

  it('knows nobody who was never registered', async () => {
    const nobody = 'n'.repeat(26) as Principal;
    expect(await first.directory.of(nobody)).toBeNull();
    expect(await first.directory.byToken('a'.repeat(12))).toBeNull();
    expect(await first.directory.byNkey(`U${'A'.repeat(55)}`)).toBeNull();
  });
});

describe('an event', () => {
  it('keeps names and reasons in its detail alone, and says who asked', async () => {
    const name = { issuer, subject: 'grace@example.com' };
    const made = await register({ displayName: 'Grace Hopper', outsideName: name }, { commandId: 'grace-1' });
    const { principal } = made;
    const { tokenId } = await issue(principal, { label: "grace's laptop" });
    await first.tokens.revoke({ tokenId, reason: 'grace lost it' }, rpcOf('token.revoke'));
    await first.principals.suspend({ principal, reason: 'grace left' }, rpcOf('principal.suspend'));
    const stored = await eventsOf(principal);
    const details = stored.map(({ detail }) => detail);
    expect(details).toEqual([
      { ip: '192.0.2.7', names: { display: 'Grace Hopper', subject: name.subject } },
      { ip: '192.0.2.7', text: "grace's laptop" },
      { ip: '192.0.2.7', text: 'grace lost it' },
      { ip: '192.0.2.7', text: 'grace left' },
    ]);
    for (const { body } of stored) {
      expect(JSON.stringify(body).toLowerCase()).not.toContain('grace@');
      expect(JSON.stringify(body)).not.toContain('Grace');
      expect(body).toMatchObject({ principal: admin, workspace: '_system', subject: principal });
    }
    const types = stored.map(({ type, body }) => EVENTS[type as keyof typeof EVENTS].data.strict().parse(body.data));
    expect(types[0]).toEqual({ kind: 'user', issuer });
  });

  it('has a digest of the command that nobody can guess names from', async () => {
    const { database: another } = await vault.another();
    const elsewhere = await startReplica(another, localRootKey(randomBytes(32)));
    const [body, asking] = [{ displayName: 'Same name' }, { commandId: 'digest-1' }];
    const here = await register(body, asking);
    const there = await register(body, asking, elsewhere);
    await elsewhere.close();
    expect(there.principal).toBe(here.principal);
    const digestIn = async (database: typeof another) =>
      (await eventsOf(here.principal, database))[0]?.body['commanddigest'];
    expect(await digestIn(another)).not.toBe(await digestIn(vault.database));
  });
});

async function eventsOf(principal: Principal, database = vault.database) {
  const all = await postgresJournalReader(database).readAfter({ tx: '0', position: '0' }, 1_000);
  return all
    .map(({ type, body, detail }) => ({
      type,
      body: JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>,
      detail: JSON.parse(detail as string) as object,
    }))
    .filter(({ body }) => body['stream'] === principalStream(principal));
}
