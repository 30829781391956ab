/** The root key: what it wraps opens under it and for its context only; files and passphrases that it refuses. */
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { DecryptionFailed } from './decryption-failed.js';
import { mintKey } from './key.js';
import { loadRootKey, mintRootKeyFile } from './root-key-file.js';
import { passphraseRootKey } from './root-key-passphrase.js';
import { RootKeyRefused } from './root-key-refused.js';
import { localRootKey } from './root-key.js';

const context = { workspace: 'acme', keyId: 'kek-1' };
const key = mintKey();
const root = localRootKey(Buffer.alloc(32, 1));

describe('a local root key', () => {
  it('unwraps what it wrapped, also in another process', async () => {
    const wrapped = await root.wrap(context, key);
    expect((await root.unwrap(context, wrapped)).equals(key)).toBe(true);
    expect((await localRootKey(Buffer.alloc(32, 1)).unwrap(context, wrapped)).equals(key)).toBe(true);
  });

  it('wraps under a fresh salt each time', async () => {
    const [first, second] = [await root.wrap(context, key), await root.wrap(context, key)];
    expect(first.subarray(1, 17)).not.toEqual(second.subarray(1, 17));
    // The commitments differ, so the wrapping keys do.
    expect(first.subarray(18, 50)).not.toEqual(second.subarray(18, 50));
  });

  it.each([
    ['workspace', { workspace: 'globex', keyId: 'kek-1' }],
    ['key id', { workspace: 'acme', keyId: 'kek-2' }],
  ])('does not unwrap for another %s', async (_, elsewhere) => {
    const wrapped = await root.wrap(context, key);
    await expect(root.unwrap(elsewhere, wrapped)).rejects.toThrow(DecryptionFailed);
  });

  it('does not unwrap what another root key wrapped', async () => {
    const wrapped = await localRootKey(Buffer.alloc(32, 2)).wrap(context, key);
    await expect(root.unwrap(context, wrapped)).rejects.toThrow(DecryptionFailed);
  });

  it('has an id of its own that does not show the key, and keeps no hold of the bytes', async () => {
    const bytes = Buffer.alloc(32, 1);
    const another = localRootKey(bytes);
    bytes.fill(0);
    expect(another.id).toBe(root.id);
    expect(localRootKey(Buffer.alloc(32, 2)).id).not.toBe(root.id);
    expect(inspect(root, { depth: null, showHidden: true })).not.toMatch(/(01){8}|(01 ){8}/);
    expect(root.id).not.toContain(createHash('sha256').update(Buffer.alloc(32, 1)).digest('hex').slice(0, 16));
  });

  it.each([0, 16, 31, 33])('of %d bytes is a TypeError', (length) => {
    expect(() => localRootKey(Buffer.alloc(length))).toThrow(TypeError);
  });
});

describe('a root key file', () => {
  it('is minted in the form that is read, another each time', () => {
    const file = mintRootKeyFile();
    expect(file).toMatch(/^keytrail-root-v1:[A-Za-z0-9+/]{43}=\n$/);
    expect(loadRootKey(file).id).toBe(loadRootKey(file).id);
    expect(loadRootKey(mintRootKeyFile()).id).not.toBe(loadRootKey(file).id);
  });

  it('may hold the bare base64', () => {
    const base64 = Buffer.alloc(32, 1).toString('base64');
    expect([base64, `${base64}\n`, `keytrail-root-v1:${base64}`].map((file) => loadRootKey(file).id)).toEqual([
      root.id,
      root.id,
      root.id,
    ]);
  });

  const base64 = Buffer.alloc(32, 0xfb).toString('base64');
  it.each([
    ['nothing', ''],
    ['31 bytes', Buffer.alloc(31, 1).toString('base64')],
    ['33 bytes', Buffer.alloc(33, 1).toString('base64')],
    ['hexadecimal', Buffer.alloc(32, 1).toString('hex')],
    ['base64url', Buffer.alloc(32, 0xfb).toString('base64url')],
    ['no padding', base64.slice(0, -1)],
    ['a stray character', `${base64.slice(0, 8)} ${base64.slice(8)}`],
    ['bits that do not count', `${'A'.repeat(42)}B=`],
    ['another version', `keytrail-root-v2:${base64}`],
    ['two lines', `${base64}\n${base64}`],
  ])('with %s is refused without being quoted', (_, contents) => {
    expect(() => loadRootKey(contents)).toThrow(
      new RootKeyRefused('a root key file holds one line: keytrail-root-v1:<base64 of 32 bytes>'),
    );
  });
});

describe('a passphrase', () => {
  const passphrase = 'correct horse battery';
  const salt = Buffer.alloc(16, 5);
  const iterations = 100_000;

  it('gives the same root key again, and with any part changed another', async () => {
    const same = { passphrase, salt, iterations };
    const variants = [
      same,
      { ...same, passphrase: `${passphrase}!` },
      { ...same, salt: Buffer.alloc(16, 6) },
      { ...same, iterations: 100_001 },
    ];
    const ids = (await Promise.all([same, ...variants].map(passphraseRootKey))).map(({ id }) => id);
    expect(ids[0]).toBe(ids[1]);
    expect(new Set(ids).size).toBe(4);
  });

  it('is stretched 600,000 times by default', async () => {
    const [byDefault, explicit] = await Promise.all([
      passphraseRootKey({ passphrase, salt }),
      passphraseRootKey({ passphrase, salt, iterations: 600_000 }),
    ]);
    expect(byDefault.id).toBe(explicit.id);
  });

  it('is the same in either Unicode form', async () => {
    const [composed, decomposed] = await Promise.all([
      passphraseRootKey({ passphrase: 'sechzehn Zeichen, schön', salt, iterations }),
      passphraseRootKey({ passphrase: 'sechzehn Zeichen, scho\u0308n', salt, iterations }),
    ]);
    expect(composed.id).toBe(decomposed.id);
  });

  it('wraps and unwraps', async () => {
    const stretched = await passphraseRootKey({ passphrase, salt, iterations });
    const wrapped = await stretched.wrap(context, key);
    expect((await stretched.unwrap(context, wrapped)).equals(key)).toBe(true);
  });

  it.each([
    ['fifteen characters', { passphrase: 'fifteen letters', salt, iterations }],
    ['fifteen characters of two code units', { passphrase: '😀'.repeat(15), salt, iterations }],
    ['99,999 iterations', { passphrase, salt, iterations: 99_999 }],
    ['iterations that are no number', { passphrase, salt, iterations: NaN }],
    ['a salt of 15 bytes', { passphrase, salt: Buffer.alloc(15), iterations }],
    ['a salt of 17 bytes', { passphrase, salt: Buffer.alloc(17), iterations }],
  ])('with %s is refused', async (_, given) => {
    await expect(passphraseRootKey(given)).rejects.toThrow(RootKeyRefused);
  });

  it('of sixteen characters is taken', async () => {
    await expect(passphraseRootKey({ passphrase: 'sixteen letters!', salt, iterations })).resolves.toBeDefined();
  });
});
