/** Published sealing keys: the vault's pass, and nothing that anybody has changed. */
import { describe, expect, it } from '@jest/globals';
import { randomBytes } from './digest.js';
import { mintHpkeKeyPair } from './hpke-key.js';
import { isSignedBy, signSealingKey, vaultKeyOf, type PublishedKey } from './published-key.js';
import { signingKey } from './signing-key.js';

const vault = signingKey(randomBytes(32));
const vaultKey = vaultKeyOf(vault);
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
const key = signSealingKey(
  {
    keyId: '0190a1b2-0000-7000-8000-000000000001',
    publicKey: text(mintHpkeKeyPair().publicKey),
    notBefore: '2026-01-01T00:00:00.000Z',
    notAfter: '2026-01-03T00:00:00.000Z',
  },
  vault,
);

/** A text in base64url of 32 or 64 bytes has bits to spare in its last character: the next letter says the same. */
const respelled = (spelled: string) =>
  spelled.slice(0, -1) + String.fromCharCode(spelled.charCodeAt(spelled.length - 1) + 1);

describe('a published key', () => {
  it('is known by the vault key', () => {
    expect(vaultKey).toMatch(/^kv_[A-Za-z0-9_-]{43}$/);
    expect(isSignedBy(vaultKey, key)).toBe(true);
  });

  it.each<[string, Partial<PublishedKey>]>([
    ['id', { keyId: '0190a1b2-0000-7000-8000-000000000002' }],
    ['key', { publicKey: text(mintHpkeKeyPair().publicKey) }],
    ['key, spelled otherwise', { publicKey: respelled(key.publicKey) }],
    ['beginning', { notBefore: '2025-01-01T00:00:00.000Z' }],
    ['end', { notAfter: '2027-01-03T00:00:00.000Z' }],
    ['end, written otherwise', { notAfter: '2026-01-03T00:00:00Z' }],
    ['beginning and end swapped', { notBefore: key.notAfter, notAfter: key.notBefore }],
    ['signature', { signature: text(vault.sign(Buffer.from('another statement'))) }],
    ['signature, spelled otherwise', { signature: respelled(key.signature) }],
    ['signature, padded', { signature: `${key.signature}==` }],
    ['signature, cut off', { signature: key.signature.slice(0, -4) }],
    ['signature left out', { signature: '' }],
  ])('is not with another %s', (_, changed) => {
    expect(isSignedBy(vaultKey, { ...key, ...changed })).toBe(false);
  });

  it('is not known by the key of another vault', () => {
    expect(isSignedBy(vaultKeyOf(signingKey(randomBytes(32))), key)).toBe(false);
  });

  it('is not known by what is no vault key', () => {
    const bare = vaultKey.slice(3);
    for (const other of [bare, `kx_${bare}`, `KV_${bare}`, `kv_${bare}=`, `kv_${bare.slice(1)}`, 'kv_', ''])
      expect(isSignedBy(other, key)).toBe(false);
  });
});
