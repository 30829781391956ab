/** The vault's own keys on a real PostgreSQL: made once, found by every replica, of no use after their time. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KEY_STREAM, type Principal, type SealedMessage, type SealingKey } from '@keytrail/contracts';
import {
  DecryptionFailed,
  isSignedBy,
  loadRootKey,
  mintPrincipal,
  mintRootKeyFile,
  SEALED_FOR,
  sealTo,
} from '@keytrail/crypto';
import { sql } from 'kysely';
import { eventsOf } from '../event.fixture.js';
import { openVaultFixture, type VaultFixture } from '../vault.fixture.js';
import { type VaultKeyParts, VaultKeys } from './vault-keys.js';

const HOUR_MS = 3_600_000;
const reference = 'tenant.acme.openai.key';
const sealedFor = { purpose: 'value', context: [reference] } as const;

let vault: VaultFixture;
beforeAll(async () => {
  vault = await openVaultFixture();
});
afterAll(async () => vault?.close());

const replica = (parts: Partial<VaultKeyParts> = {}) =>
  new VaultKeys({
    database: vault.rooms.database,
    journal: vault.rooms.journal,
    root: loadRootKey(vault.root),
    principal: mintPrincipal() as Principal,
    ...parts,
  });

function seal({ keyId, publicKey }: SealingKey): SealedMessage {
  const { exportSecret: _, ...sealed } = sealTo({ keyId, publicKey }, Buffer.from('the value'), {
    purpose: SEALED_FOR.value,
    context: [reference],
  });
  return sealed as SealedMessage;
}

const rotations = async () =>
  (await eventsOf(vault.database, KEY_STREAM)).filter(({ type }) => type === 'SealingKeyRotated').length;

describe('sealing keys', () => {
  it('are published with the signature of the vault key, newest first', async () => {
    const keys = replica();
    const [first, second] = [Date.now(), Date.now() + 13 * HOUR_MS];
    await keys.replenish(first);
    await keys.replenish(second);
    const published = keys.list(second);
    expect(published.signingKey).toBe(vault.vaultKey);
    expect(published.keys).toHaveLength(2);
    for (const key of published.keys) expect(isSignedBy(vault.vaultKey, key)).toBe(true);
    const begins = published.keys.map(({ notBefore }) => Date.parse(notBefore));
    expect(begins).toEqual(begins.toSorted((a, b) => b - a));
  });

  it('are made by one of many replicas that find one due at the same moment', async () => {
    const before = await rotations();
    const now = Date.now() + 40 * HOUR_MS;
    await Promise.all(Array.from({ length: 6 }, () => replica().replenish(now)));
    expect(await rotations()).toBe(before + 1);
  });

  it('that another replica has just made open at once', async () => {
    const [one, other] = [replica(), replica()];
    const now = Date.now() + 60 * HOUR_MS;
    await other.replenish(now);
    await one.replenish(now + 13 * HOUR_MS);
    const [newest] = one.list(now + 13 * HOUR_MS).keys;
    const opened = await other.open(seal(newest as SealingKey), sealedFor, now + 13 * HOUR_MS);
    expect(opened.ok && opened.plaintext.bytes.toString()).toBe('the value');
  });

  it('open what was sealed to them until their time has passed, the one before as well as the newest', async () => {
    const keys = replica();
    const now = Date.now() + 100 * HOUR_MS;
    await keys.replenish(now);
    const message = seal(keys.list(now).keys[0] as SealingKey);
    const after = async (hours: number) => {
      const opened = await keys.open(message, sealedFor, now + hours * HOUR_MS);
      return opened.ok ? 'open' : opened.error.code;
    };
    await keys.replenish(now + 13 * HOUR_MS);
    expect([await after(0), await after(24), await after(26)]).toEqual(['open', 'open', 'key.unknown']);
  });

  it('are deleted after their time', async () => {
    const keys = replica();
    const now = Date.now() + 1_000 * HOUR_MS;
    await keys.replenish(now);
    await keys.forgetEnded(now);
    const { rows } = await sql`select from vault_key where purpose = 'sealing'`.execute(vault.database);
    expect(rows).toHaveLength(1);
    expect(keys.list(now).keys).toHaveLength(1);
  });
});

describe('the signing key', () => {
  it('is one, however often and by whomever keys are replenished', async () => {
    await Promise.all([replica().replenish(Date.now()), replica().replenish(0)]);
    const events = await eventsOf(vault.database, KEY_STREAM);
    expect(events.filter(({ type }) => type === 'SigningKeyCreated')).toHaveLength(1);
  });

  it('does not open under another root key', async () => {
    const other = replica({ root: loadRootKey(mintRootKeyFile()) });
    await expect(other.replenish(Date.now())).rejects.toBeInstanceOf(DecryptionFailed);
  });
});
