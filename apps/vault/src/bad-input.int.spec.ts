/** What an attacker may send to the vault over NATS, and what nobody may ask of it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { uuidv7 } from '@keytrail/crypto';
import { sql } from 'kysely';
import { codeOf, openVaultFixture, type VaultFixture } from './vault.fixture.js';

let vault: VaultFixture;
beforeAll(async () => {
  vault = await openVaultFixture();
  await vault.admin.ask('workspace.create', { slug: 'acme' });
});
afterAll(async () => vault?.close());

describe('bad input', () => {
  const valid = 'tenant.acme.openai.bad_input';

  const message = { keyId: uuidv7(), enc: 'e'.repeat(43), ciphertext: Buffer.alloc(24).toString('base64') };
  const sealedValue = message;

  it.each([
    ['tenant..openai.key', { sealedValue }],
    ['tenant.ACME.openai.key', { sealedValue }],
    ['tenant.acme.*.key', { sealedValue }],
    ['tenant.acme.openai.>', { sealedValue }],
    ['..', { sealedValue }],
    [`tenant.acme.openai.${'k'.repeat(300)}`, { sealedValue }],
    ['tenant.acme.openai.k\0y', { sealedValue }],
    ['tenant.acme.openai.\ud800', { sealedValue }],
    [valid, { value: { text: 'in clear' } }],
    [valid, { sealedValue, value: { text: 'in clear' } }],
    [valid, { sealedValue: 'x' }],
    [valid, { sealedValue: { ...message, keyId: 'first' } }],
    [valid, { sealedValue: { ...message, enc: 'e'.repeat(42) } }],
    [valid, { sealedValue: { ...message, ciphertext: 'not base64!' } }],
    [valid, { sealedValue: { ...message, ciphertext: '' } }],
    [valid, { sealedValue: { ...message, unknown: true } }],
    [valid, {}],
    [valid, { sealedValue, unknown: true }],
    [valid, { sealedValue, ['__proto__x']: {} }],
    [valid, { sealedValue, expiresAt: 'tomorrow' }],
    [7, { sealedValue }],
    ['tenant.globex.openai.key', { sealedValue }],
  ])('is refused by its form: %j %j', async (reference, rest) => {
    const reply = await vault.admin.ask('secret.create', { reference, ...rest });
    expect(codeOf(reply)).toBe('request.malformed');
    expect(reply.ok ? '' : reply.error.message.length).toBeGreaterThan(20);
  });

  it.each([
    ['has no bytes', '', 'request.malformed'],
    ['has more bytes than a value may', 'x'.repeat(65_537), 'request.too_large'],
  ])('is refused where the value %s', async (_, value, code) => {
    const body = { reference: valid, sealedValue: await vault.seal(valid, value) };
    expect(codeOf(await vault.admin.ask('secret.create', body))).toBe(code);
  });

  it('is refused where the value was sealed for another reference', async () => {
    const body = { reference: valid, sealedValue: await vault.seal(`${valid}_2`, 'theirs') };
    expect(codeOf(await vault.admin.ask('secret.create', body))).toBe('request.malformed');
  });

  it('is refused where the value was sealed to a key that the vault does not have', async () => {
    const body = { reference: valid, sealedValue: { ...(await vault.seal(valid, 'x')), keyId: uuidv7() } };
    expect(codeOf(await vault.admin.ask('secret.create', body))).toBe('key.unknown');
  });

  it.each([null, [], 'text', 7, { reference: valid, version: 0 }, { reference: valid, version: 1.5 }])(
    'is refused where %j is asked to be decrypted',
    async (body) => {
      expect(codeOf(await vault.billing.ask('secret.decrypt', body))).toBe('request.malformed');
    },
  );

  it('of an unknown operation is named as such', async () => {
    expect(codeOf(await vault.admin.ask('secret.explode', {}))).toBe('request.unknown_operation');
  });

  it('changes nothing', async () => {
    expect(codeOf(await vault.admin.ask('secret.get', { reference: valid }))).toBe('secret.not_found');
  });
});

describe('who may ask', () => {
  it('a caller may not change secrets, and nobody decrypts through the edge', async () => {
    const reference = 'tenant.acme.openai.kept';
    await vault.admin.ask('secret.create', { reference, sealedValue: await vault.seal(reference, 'kept') });
    for (const operation of ['secret.revoke', 'secret.get'])
      expect(codeOf(await vault.billing.ask(operation, { reference }))).toBe('access.denied');
    expect(codeOf(await vault.admin.ask('secret.decrypt', { reference }))).toBe('access.denied');
    expect(codeOf(await vault.gateway.ask('secret.decrypt', { reference }))).toBe('access.denied');
    expect(await vault.admin.ask('secret.get', { reference })).toMatchObject({ value: { status: 'active' } });
    const { rows } = await sql`select from access_journal where stream = ${`secret-${reference}`}`.execute(
      vault.database,
    );
    expect(rows).toEqual([]);
  });
});
