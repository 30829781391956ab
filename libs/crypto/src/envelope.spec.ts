/** The envelope opens in one place only, and everywhere else fails in one way. */
import { createSecretKey } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DecryptionFailed } from './decryption-failed.js';
import {
  kek,
  open,
  openReady,
  openVersion,
  readyVersion,
  seal,
  sealVersion,
  unwrapKey,
  type VersionContext,
  wrapKey,
} from './envelope.js';
import { mintKey } from './key.js';

const context: VersionContext = { workspace: 'acme', secret: '0190a1b2-0000-7000-8000-000000000001', version: 3 };
const key = mintKey();
const ours = kek({ id: 'kek-1', key });
const plaintext = Buffer.from('sk-canary-0123456789');
const sealed = sealVersion({ kek: ours, context, plaintext });

describe('a sealed version', () => {
  it('opens to what was sealed, for every length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (value) => {
        using opened = openVersion({ kek: ours, context, ...sealVersion({ kek: ours, context, plaintext: value }) });
        expect(opened.bytes.equals(value)).toBe(true);
      }),
    );
    const largest = Buffer.alloc(65_536, 1);
    using opened = openVersion({ kek: ours, context, ...sealVersion({ kek: ours, context, plaintext: largest }) });
    expect(opened.bytes.equals(largest)).toBe(true);
  });

  it('opens for every context that it was sealed for', () => {
    const contexts = fc.record({
      workspace: fc.string(),
      secret: fc.string(),
      version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    });
    fc.assert(
      fc.property(contexts, (at) => {
        using opened = openVersion({ kek: ours, context: at, ...sealVersion({ kek: ours, context: at, plaintext }) });
        expect(opened.bytes.equals(plaintext)).toBe(true);
      }),
    );
  });

  it('is opened into memory of its own', () => {
    using opened = openVersion({ kek: ours, context, ...sealed });
    expect(opened.bytes.buffer.byteLength).toBe(plaintext.length);
  });

  it('is made ready in memory of its own, and needs what it came from no more', () => {
    const stored = Buffer.concat([sealed.wrappedKey, sealed.ciphertext, Buffer.alloc(5_000)]);
    const [wrappedKey, ciphertext] = [stored.subarray(0, 93), stored.subarray(93, 93 + sealed.ciphertext.length)];
    const ready = readyVersion({ kek: ours, context, wrappedKey, ciphertext });
    stored.fill(0);
    for (const part of [ready.nonce, ready.associatedData, ready.sealed])
      expect(part.buffer.byteLength).toBe(ready.nonce.length + ready.associatedData.length + ready.sealed.length);
    using opened = openReady(ready);
    expect(opened.bytes.equals(plaintext)).toBe(true);
  });

  it('is 61 bytes longer than the value, its wrapped key 93 bytes', () => {
    expect(sealed.ciphertext).toHaveLength(plaintext.length + 61);
    expect(sealed.wrappedKey).toHaveLength(93);
  });

  it('is never the same twice, and leaves the plaintext to its owner', () => {
    const again = sealVersion({ kek: ours, context, plaintext });
    expect(again.ciphertext).not.toEqual(sealed.ciphertext);
    expect(again.wrappedKey).not.toEqual(sealed.wrappedKey);
    expect(plaintext.toString()).toBe('sk-canary-0123456789');
  });
});

describe('decryption fails', () => {
  it.each<[string, Partial<VersionContext>]>([
    ['in another workspace', { workspace: 'globex' }],
    ['for another secret', { secret: '0190a1b2-0000-7000-8000-000000000002' }],
    ['for another version', { version: 4 }],
    ['with a character moved from one field to the next', { workspace: 'acm', secret: `e${context.secret}` }],
  ])('%s, key and value each by itself', (_, other) => {
    const elsewhere = { ...context, ...other };
    expect(() => openVersion({ kek: ours, context: elsewhere, ...sealed })).toThrow(DecryptionFailed);
    expect(() => unwrapKey(ours, sealed.wrappedKey, elsewhere)).toThrow(DecryptionFailed);
    const dek = unwrapKey(ours, sealed.wrappedKey, context);
    expect(() => open(dek, sealed.ciphertext, elsewhere)).toThrow(DecryptionFailed);
  });

  it('under the same key by another id', () => {
    expect(() => openVersion({ kek: kek({ id: 'kek-2', key }), context, ...sealed })).toThrow(DecryptionFailed);
  });

  it('under another key by the same id', () => {
    const other = kek({ id: 'kek-1', key: mintKey() });
    expect(() => openVersion({ kek: other, context, ...sealed })).toThrow(DecryptionFailed);
  });

  it('with the parts of two envelopes of one version', () => {
    const { wrappedKey } = sealVersion({ kek: ours, context, plaintext });
    expect(() => openVersion({ kek: ours, context, ...sealed, wrappedKey })).toThrow(DecryptionFailed);
  });

  it('with a wrapped key in the place of a value, and the other way round', () => {
    const dek = mintKey();
    const asValue = seal(key, dek.export(), context);
    expect(() => unwrapKey(ours, asValue, context)).toThrow(DecryptionFailed);
    expect(() => open(key, wrapKey(ours, dek, context), context)).toThrow(DecryptionFailed);
  });

  it('where the wrapped thing is not a key', () => {
    const short = wrapKey(ours, createSecretKey(Buffer.alloc(16)), context);
    expect(() => unwrapKey(ours, short, context)).toThrow(DecryptionFailed);
  });

  it('in one way only: the error is the same whatever was wrong', () => {
    const attempts = [
      () => openVersion({ kek: ours, context: { ...context, version: 9 }, ...sealed }),
      () => openVersion({ kek: kek({ id: 'kek-1', key: mintKey() }), context, ...sealed }),
      () => openVersion({ kek: ours, context, ...sealed, ciphertext: Buffer.alloc(0) }),
      () => openVersion({ kek: ours, context, ...sealed, ciphertext: sealed.ciphertext.subarray(0, -1) }),
    ];
    const errors = attempts.map((attempt) => {
      try {
        attempt();
      } catch (error) {
        return inspect(Object.assign({ message: String(error), cause: (error as Error).cause }, error));
      }
      return 'opened';
    });
    expect(errors[0]).toContain('crypto.decryption_failed');
    expect(new Set(errors).size).toBe(1);
  });
});

describe('a new KEK', () => {
  it('wraps the DEK anew and leaves the ciphertext as it is', () => {
    const next = kek({ id: 'kek-2', key: mintKey() });
    const wrappedKey = wrapKey(next, unwrapKey(ours, sealed.wrappedKey, context), context);
    using opened = openVersion({ kek: next, context, ciphertext: sealed.ciphertext, wrappedKey });
    expect(opened.bytes.equals(plaintext)).toBe(true);
  });
});

describe('a mistake of the programmer is a TypeError', () => {
  it.each([0, -1, 1.5, NaN, 2 ** 53])('version %d', (version) => {
    expect(() => sealVersion({ kek: ours, context: { ...context, version }, plaintext })).toThrow(TypeError);
  });

  it.each([16, 24, 31, 33])('a key of %d bytes', (length) => {
    const short = createSecretKey(Buffer.alloc(length));
    expect(() => kek({ id: 'kek-1', key: short })).toThrow(TypeError);
    expect(() => seal(short, plaintext, context)).toThrow(TypeError);
  });
});
