/** Versions that the vault makes itself, for rotations: over NATS, on real servers. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { DecryptReply, RpcReply, SecretDescription } from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import { sql } from 'kysely';
import { codeOf, openVaultFixture, type VaultFixture } from '../vault.fixture.js';

let vault: VaultFixture;
beforeAll(async () => {
  vault = await openVaultFixture();
  await vault.admin.ask('workspace.create', { slug: 'acme' });
});
afterAll(async () => vault?.close());

let secrets = 0;
const freshReference = () => `tenant.acme.openai.key_${++secrets}`;

const sealed = async (reference: string, text: string) => ({
  reference,
  sealedValue: await vault.seal(reference, text),
});

const create = async (reference: string, text: string) =>
  vault.admin.ask('secret.create', await sealed(reference, text));

async function plaintextOf(reference: string, rest: object = {}): Promise<string | null> {
  const reply = (await vault.billing.ask('secret.decrypt', { reference, ...rest })) as RpcReply<DecryptReply>;
  return reply.ok ? Buffer.from(reply.value.value, 'base64').toString() : null;
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
const generate = (reference: string, rotationId = uuidv7(), rest: object = {}) =>
  vault.scheduler.ask('secret.generate_version', {
    reference,
    generate: { length: 40, alphabet },
    rotationId,
    ...rest,
  }) as Promise<RpcReply<SecretDescription>>;

it('a generated version is the current one, of the form that was asked for, and another each time', async () => {
  const reference = freshReference();
  await create(reference, 'by hand');
  expect(await generate(reference)).toMatchObject({ ok: true, value: { currentVersion: 2, revision: 2 } });
  const first = await plaintextOf(reference);
  await generate(reference);
  const second = await plaintextOf(reference);
  for (const value of [first, second]) expect(value).toMatch(/^[a-z0-9]{40}$/);
  expect(second).not.toBe(first);
  expect(await plaintextOf(reference, { version: 1 })).toBe('by hand');
});

it('a generated version is made once for a rotation, however often and from however many sides it is asked for', async () => {
  const reference = freshReference();
  const rotationId = uuidv7();
  await create(reference, 'by hand');
  const replies = await Promise.all(Array.from({ length: 8 }, () => generate(reference, rotationId)));
  const [first] = replies;
  expect(first).toMatchObject({ ok: true, value: { currentVersion: 2 } });
  expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
  await vault.admin.ask('secret.add_version', await sealed(reference, 'by hand again'));
  expect(await generate(reference, rotationId)).toEqual(first);
  expect(await vault.admin.ask('secret.get', { reference })).toMatchObject({ value: { currentVersion: 3 } });
});

it('a generated version names its rotation in the event, and no other change bears that id', async () => {
  const reference = freshReference();
  const rotationId = uuidv7();
  await create(reference, 'by hand');
  await generate(reference, rotationId);
  const { rows } = await sql<{ said: object }>`select convert_from(body, 'UTF8')::jsonb as said from journal
    where stream = ${`secret-${reference}`} order by revision`.execute(vault.database);
  expect(rows[1]?.said).toMatchObject({ commandid: rotationId, data: { version: 2, rotationId } });
  const longer = { generate: { length: 41, alphabet } };
  expect(codeOf(await generate(reference, rotationId, longer))).toBe('request.command_id_reused');
});

it('a generated version is refused for a secret that does not exist, and never re-authorises one that is revoked', async () => {
  expect(codeOf(await generate(freshReference()))).toBe('secret.not_found');
  const reference = freshReference();
  await create(reference, 'leaked');
  await vault.admin.ask('secret.revoke', { reference });
  expect(codeOf(await generate(reference))).toBe('secret.revoked');
  expect(await plaintextOf(reference)).toBeNull();
});

it.each([
  ['could be guessed', { length: 8, alphabet: '01' }],
  ['is longer than a value of ours', { length: 1_025, alphabet }],
  ['favours a character', { length: 40, alphabet: 'aab' }],
])('a version is not generated where it %s', async (_, value) => {
  const reference = freshReference();
  await create(reference, 'by hand');
  expect(codeOf(await generate(reference, uuidv7(), { generate: value }))).toBe('request.malformed');
});
