/** Keys and their derivation: the memory they leave behind, and HKDF's expand half against the whole. */
import { createHmac, createSecretKey, hkdfSync } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hkdfExpandSha512 } from './kdf.js';
import { mintKey, takeKey } from './key.js';

describe('a key', () => {
  it('is minted of 32 random bytes and does not print', () => {
    const key = mintKey();
    expect(key.symmetricKeySize).toBe(32);
    expect(key.equals(mintKey())).toBe(false);
    expect(inspect(key, { showHidden: true }) + JSON.stringify(key)).not.toContain(key.export().toString('hex'));
  });

  it('taken from bytes leaves zeros', () => {
    const bytes = Buffer.alloc(32, 7);
    const key = takeKey(bytes);
    expect(bytes).toEqual(Buffer.alloc(32));
    expect(key.export()).toEqual(Buffer.alloc(32, 7));
  });

  it.each([0, 16, 31, 33])('of %d bytes is a TypeError', (length) => {
    expect(() => takeKey(Buffer.alloc(length))).toThrow(TypeError);
  });
});

describe('hkdfExpandSha512', () => {
  it('after the extract half is HKDF-SHA-512', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(bytes, bytes, fc.string(), (key, salt, info) => {
        const extracted = createSecretKey(createHmac('sha512', salt).update(key).digest());
        expect(hkdfExpandSha512(extracted, info)).toEqual(Buffer.from(hkdfSync('sha512', key, salt, info, 64)));
      }),
    );
  });
});
