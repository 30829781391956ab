/** What an attacker may send to the vault over NATS, and what nobody may ask of it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { codeOf, openVaultFixture, type VaultFixture } from './vault.fixture.js';

let vault: VaultFixture;
beforeAll(async () => {
  vault = await openVaultFixture();
  await vault.admin.ask('workspace.create', { slug: 'acme' });
}, 60_000);
afterAll(async () => vault?.close());

describe('bad input', () => {
  const valid = 'tenant.acme.openai.bad_input';

  it.each([
    ['tenant..openai.key', { value: { text: 'x' } }],
    ['tenant.ACME.openai.key', { value: { text: 'x' } }],
    ['tenant.acme.*.key', { value: { text: 'x' } }],
    ['tenant.acme.openai.>', { value: { text: 'x' } }],
    ['..', { value: { text: 'x' } }],
    [`tenant.acme.openai.${'k'.repeat(300)}`, { value: { text: 'x' } }],
    ['tenant.acme.openai.k\0y', { value: { text: 'x' } }],
    ['tenant.acme.openai.\ud800', { value: { text: 'x' } }],
    [valid, { value: { text: '' } }],
    [valid, { value: { base64: '' } }],
    [valid, { value: { base64: 'not base64!' } }],
    [valid, { value: { text: 7 } }],
    [valid, { value: { text: 'x', base64: 'eA==' } }],
    [valid, { value: 'x' }],
    [valid, {}],
    [valid, { value: { text: 'x' }, unknown: true }],
    [valid, { value: { text: 'x' }, ['__proto__x']: {} }],
    [valid, { value: { text: 'x' }, expiresAt: 'tomorrow' }],
    [7, { value: { text: 'x' } }],
    ['tenant.globex.openai.key', { value: { text: 'x' } }],
  ])('is refused by its form: %j %j', async (reference, rest) => {
    const reply = await vault.admin.ask('secret.create', { reference, ...rest });
    expect(codeOf(reply)).toBe('request.malformed');
    expect(reply.ok ? '' : reply.error.message.length).toBeGreaterThan(20);
  });

  it('is refused by its size', async () => {
    const value = { text: 'x'.repeat(65_537) };
    expect(codeOf(await vault.admin.ask('secret.create', { reference: valid, value }))).toBe('request.too_large');
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
  it('a caller may not change secrets, and the edge may not decrypt', async () => {
    const reference = 'tenant.acme.openai.kept';
    await vault.admin.ask('secret.create', { reference, value: { text: 'kept' } });
    expect(codeOf(await vault.billing.ask('secret.revoke', { reference }))).not.toBe('ok');
    expect(codeOf(await vault.admin.ask('secret.decrypt', { reference }))).not.toBe('ok');
    expect(await vault.admin.ask('secret.get', { reference })).toMatchObject({ value: { status: 'active' } });
    const { rows } = await sql`select from access_journal where stream = ${`secret-${reference}`}`.execute(
      vault.database,
    );
    expect(rows).toEqual([]);
  });
});
