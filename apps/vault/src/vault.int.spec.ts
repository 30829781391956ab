/** The vault over NATS, on real servers: what it answers, and what it has recorded by then. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DecryptReply, RpcReply, SecretDescription } from '@keytrail/contracts';
import { mintRootKeyFile } from '@keytrail/crypto';
import { sql } from 'kysely';
import { codeOf, openVaultFixture, type VaultFixture } from './vault.fixture.js';

let vault: VaultFixture;
beforeAll(async () => {
  vault = await openVaultFixture();
  await vault.admin.ask('workspace.create', { slug: 'acme' });
});
afterAll(async () => vault?.close());

let secrets = 0;
const freshReference = () => `tenant.acme.openai.key_${++secrets}`;

const sealed = async (reference: string, value: string | Uint8Array) => ({
  reference,
  sealedValue: await vault.seal(reference, value),
});

const create = async (reference: string, text: string, rest: object = {}) =>
  (await vault.admin.ask('secret.create', {
    ...(await sealed(reference, text)),
    ...rest,
  })) as RpcReply<SecretDescription>;

const addVersion = async (reference: string, text: string, rest: object = {}) =>
  vault.admin.ask('secret.add_version', { ...(await sealed(reference, text)), ...rest });

const decrypt = (reference: string, rest: object = {}) =>
  vault.billing.ask('secret.decrypt', { reference, ...rest }) as Promise<RpcReply<DecryptReply>>;

const plaintextOf = (reply: RpcReply<DecryptReply>) =>
  reply.ok ? Buffer.from(reply.value.value, 'base64').toString() : null;

interface AccessBody {
  readonly id: string;
  readonly workspace: string;
  readonly data: { readonly reason?: string; readonly version?: number; readonly repeatOf?: string };
}

/** The access events of a reference, oldest first. */
async function accessesOf(reference: string): Promise<readonly { type: string; body: AccessBody }[]> {
  const { rows } = await sql<{ type: string; body: Buffer }>`
    select type, body from access_journal where stream = ${`secret-${reference}`} order by position`.execute(
    vault.database,
  );
  return rows.map(({ type, body }) => ({ type, body: JSON.parse(body.toString()) as AccessBody }));
}

describe('a secret', () => {
  it('is stored, shown without its value, and released to a caller with a receipt of its event', async () => {
    const reference = freshReference();
    const created = await create(reference, 'the value');
    expect(created).toMatchObject({ ok: true, value: { reference, status: 'active', currentVersion: 1, revision: 1 } });
    expect(JSON.stringify(created)).not.toContain('the value');
    const reply = await decrypt(reference, { purpose: 'nightly summary' });
    expect(plaintextOf(reply)).toBe('the value');
    const [event] = await accessesOf(reference);
    expect(event).toMatchObject({
      type: 'SecretDecrypted',
      body: { principal: vault.billing.principal, subject: reference, data: { version: 1 } },
    });
    expect(reply).toMatchObject({ value: { receipt: { eventId: event?.body.id } } });
    expect(JSON.stringify(event)).not.toContain('nightly summary');
  });

  it('holds any bytes from 1 to 65,536', async () => {
    const [small, large] = [Buffer.of(0), Buffer.alloc(65_536, 0xff)];
    for (const bytes of [small, large]) {
      const reference = freshReference();
      await vault.admin.ask('secret.create', await sealed(reference, bytes));
      const reply = await decrypt(reference);
      expect(reply.ok && Buffer.from(reply.value.value, 'base64').equals(bytes)).toBe(true);
    }
  });

  it('answers its new version to everyone at once, and older ones by number', async () => {
    const reference = freshReference();
    await create(reference, 'old');
    await decrypt(reference);
    await addVersion(reference, 'new');
    expect(plaintextOf(await decrypt(reference))).toBe('new');
    expect(plaintextOf(await decrypt(reference, { version: 1 }))).toBe('old');
    expect((await accessesOf(reference)).map(({ body }) => body.data.version)).toEqual([1, 2, 1]);
  });

  it('is refused from the moment its revocation is answered, until a new version re-authorises it', async () => {
    const reference = freshReference();
    await create(reference, 'old');
    await decrypt(reference);
    expect(await vault.admin.ask('secret.revoke', { reference, reason: 'leaked' })).toMatchObject({
      ok: true,
      value: { status: 'revoked' },
    });
    expect(codeOf(await decrypt(reference))).toBe('secret.unavailable');
    await addVersion(reference, 'new');
    expect(plaintextOf(await decrypt(reference))).toBe('new');
    expect(codeOf(await decrypt(reference, { version: 1 }))).toBe('secret.unavailable');
  });

  it('expires by the journal’s clock', async () => {
    const reference = freshReference();
    await create(reference, 'short-lived', { expiresAt: '2020-01-01T00:00:00.000Z' });
    expect(codeOf(await decrypt(reference))).toBe('secret.unavailable');
    expect(await accessesOf(reference)).toMatchObject([
      { type: 'SecretAccessDenied', body: { data: { reason: 'version.expired' } } },
    ]);
  });
});

describe('a refused attempt', () => {
  it('looks the same for an unknown, a revoked and a foreign secret, and is an event with the true reason each time', async () => {
    const [unknown, revoked] = [freshReference(), freshReference()];
    const nowhere = 'tenant.nowhere.openai.key';
    await create(revoked, 'gone');
    await vault.admin.ask('secret.revoke', { reference: revoked });
    const ask = (reference: string, workspace: string) =>
      vault.billing.ask('secret.decrypt', { reference }, { workspace, requestId: 'same-request' });
    const replies = [await ask(unknown, 'acme'), await ask(revoked, 'acme'), await ask(nowhere, 'nowhere')];
    expect(codeOf(replies[0]!)).toBe('secret.unavailable');
    expect(replies[1]).toEqual(replies[0]);
    expect(replies[2]).toEqual(replies[0]);
    const events = await Promise.all([unknown, revoked, nowhere].map(accessesOf));
    expect(events.map((of) => of.map(({ body }) => [body.data.reason, body.workspace]))).toEqual([
      [['secret.not_found', 'acme']],
      [['secret.revoked', 'acme']],
      [['workspace.not_found', '_system']],
    ]);
  });

  it('is one where the material has been tampered with', async () => {
    const reference = freshReference();
    await create(reference, 'intact');
    await sql`update sealed_version set ciphertext = set_byte(ciphertext, 40, get_byte(ciphertext, 40) # 1)
               where secret_id = (select (convert_from(body, 'UTF8')::jsonb #>> '{data,secretId}')::uuid
                                    from journal where stream = ${`secret-${reference}`})`.execute(vault.database);
    expect(codeOf(await decrypt(reference))).toBe('secret.unavailable');
    expect(await accessesOf(reference)).toMatchObject([{ body: { data: { reason: 'material.unreadable' } } }]);
  });

  it('is one where material was put in the place of another version', async () => {
    const [reference, other] = [freshReference(), freshReference()];
    await create(reference, 'mine');
    await create(other, 'theirs');
    const idOf = (of: string) => sql`(select (convert_from(body, 'UTF8')::jsonb #>> '{data,secretId}')::uuid
                                        from journal where stream = ${`secret-${of}`})`;
    await sql`update sealed_version v set ciphertext = o.ciphertext, wrapped_key = o.wrapped_key from sealed_version o
               where v.secret_id = ${idOf(reference)} and o.secret_id = ${idOf(other)}`.execute(vault.database);
    expect(codeOf(await decrypt(reference))).toBe('secret.unavailable');
  });
});

describe('a workspace whose key cannot be read', () => {
  const reference = 'tenant.damaged.openai.key';
  const elsewhere = { workspace: 'damaged' };
  const events = async () => (await accessesOf(reference)).map(({ body }) => body.data.reason);

  it('releases nothing, says so in an event, and still lets its secrets be revoked', async () => {
    await vault.admin.ask('workspace.create', { slug: 'damaged' }, elsewhere);
    await vault.admin.ask('secret.create', await sealed(reference, 'locked in'), elsewhere);
    await sql`update keyring set wrapped = set_byte(wrapped, 60, get_byte(wrapped, 60) # 1)
               where workspace = 'damaged'`.execute(vault.database);
    await vault.restart();
    const attempt = () => vault.billing.ask('secret.decrypt', { reference }, elsewhere);
    expect(codeOf(await attempt())).toBe('secret.unavailable');
    expect(codeOf(await vault.admin.ask('secret.revoke', { reference }, elsewhere))).toBe('ok');
    expect(codeOf(await attempt())).toBe('secret.unavailable');
    expect(await events()).toEqual(['material.unreadable', 'secret.revoked']);
  });
});

describe('an access that is asked again', () => {
  it('is decided again, and its event names the request that was not answered', async () => {
    const reference = freshReference();
    await create(reference, 'first');
    const again = { repeatOf: 'request-1' };
    expect(codeOf(await decrypt(reference, again))).toBe('ok');
    await vault.admin.ask('secret.revoke', { reference });
    expect(codeOf(await decrypt(reference, again))).toBe('secret.unavailable');
    expect(codeOf(await decrypt(reference))).toBe('secret.unavailable');
    expect((await accessesOf(reference)).map(({ body }) => [body.data.reason, body.data.repeatOf])).toEqual([
      [undefined, 'request-1'],
      ['secret.revoked', 'request-1'],
      ['secret.revoked', undefined],
    ]);
  });
});

describe('a change', () => {
  it('is refused where the secret exists already, and where it does not exist', async () => {
    const reference = freshReference();
    await create(reference, 'first');
    expect(codeOf(await create(reference, 'second'))).toBe('secret.already_exists');
    const absent = freshReference();
    expect(codeOf(await vault.admin.ask('secret.revoke', { reference: absent }))).toBe('secret.not_found');
    expect(codeOf(await vault.admin.ask('secret.get', { reference: absent }))).toBe('secret.not_found');
    expect(codeOf(await vault.admin.ask('workspace.create', { slug: 'acme' }))).toBe('workspace.already_exists');
    const elsewhere = await sealed('tenant.nowhere.openai.key', 'x');
    expect(codeOf(await vault.admin.ask('secret.create', elsewhere, { workspace: 'nowhere' }))).toBe(
      'workspace.not_found',
    );
  });

  it('that is repeated has one effect and the same answer; its id names no other change', async () => {
    const reference = freshReference();
    const body = await sealed(reference, 'once');
    const first = await vault.admin.ask('secret.create', body, { commandId: 'command-1' });
    expect(await vault.admin.ask('secret.create', body, { commandId: 'command-1' })).toEqual(first);
    const other = await sealed(reference, 'twice');
    expect(codeOf(await vault.admin.ask('secret.create', other, { commandId: 'command-1' }))).toBe(
      'request.command_id_reused',
    );
    expect(first).toMatchObject({ ok: true, value: { revision: 1 } });
  });

  it('insists on a revision where it names one', async () => {
    const reference = freshReference();
    await create(reference, 'first');
    const add = (expectedRevision: number) => addVersion(reference, 'next', { expectedRevision });
    expect(codeOf(await add(7))).toBe('secret.revision_conflict');
    expect(codeOf(await add(1))).toBe('ok');
  });

  it('of many at once on one secret either adds a version or says that it conflicts; none is lost', async () => {
    const reference = freshReference();
    await create(reference, 'first');
    const replies = await Promise.all(Array.from({ length: 12 }, (_, i) => addVersion(reference, `v${i}`)));
    const added = replies.filter((reply) => reply.ok).length;
    expect(added).toBeGreaterThan(0);
    expect(new Set(replies.map(codeOf))).toEqual(new Set(added === 12 ? ['ok'] : ['ok', 'secret.revision_conflict']));
    expect(await vault.admin.ask('secret.get', { reference })).toMatchObject({ value: { currentVersion: added + 1 } });
  });

  it('is refused where the workspace’s key has spent its budget, and nothing is stored', async () => {
    await vault.admin.ask('workspace.create', { slug: 'spent' }, { workspace: 'spent' });
    await sql`update keyring set wrap_budget = 1 where workspace = 'spent'`.execute(vault.database);
    const body = (key: string) => sealed(`tenant.spent.openai.${key}`, 'x');
    expect(codeOf(await vault.admin.ask('secret.create', await body('one'), { workspace: 'spent' }))).toBe('ok');
    expect(codeOf(await vault.admin.ask('secret.create', await body('two'), { workspace: 'spent' }))).toBe(
      'workspace.key_exhausted',
    );
    const { reference } = await body('two');
    expect(codeOf(await vault.admin.ask('secret.get', { reference }, { workspace: 'spent' }))).toBe('secret.not_found');
  });
});

describe('two replicas', () => {
  it('serve the same secrets, and neither releases what the other has revoked', async () => {
    await vault.replica();
    const reference = freshReference();
    await create(reference, 'shared');
    const warm = await Promise.all(Array.from({ length: 40 }, () => decrypt(reference)));
    expect(new Set(warm.map(plaintextOf))).toEqual(new Set(['shared']));
    await vault.admin.ask('secret.revoke', { reference });
    const after = await Promise.all(Array.from({ length: 40 }, () => decrypt(reference)));
    expect(new Set(after.map(codeOf))).toEqual(new Set(['secret.unavailable']));
    const told = (await accessesOf(reference)).map(({ body }) => (body.data as { count?: number }).count ?? 1);
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(80);
  });

  it('do not start on another root key than the one that stored keys are wrapped by', async () => {
    await expect(vault.replica(mintRootKeyFile())).rejects.toThrow(/hand in that root key/);
  });
});

it('nothing of a value is logged', async () => {
  const reference = freshReference();
  await create(reference, 'sk-proj-canary-value');
  await decrypt(reference);
  await create(reference, 'sk-proj-canary-value', { 'sk-proj-canary-value': 1 });
  expect(vault.logged()).not.toContain('canary');
});
