/** Digests against the examples of FIPS 180-4 and RFC 4231, and the comparison against the plain one. */
import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hmacSha256, randomBytes, sha256, sha256Hex, timingSafeEqualBytes } from './digest.js';

describe('SHA-256', () => {
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
  ])('of "%s"', (text, hex) => {
    expect(sha256Hex(Buffer.from(text))).toBe(hex);
    expect(sha256(Buffer.from(text)).toString('hex')).toBe(hex);
  });
});

describe('HMAC-SHA-256', () => {
  const key = createSecretKey(Buffer.from('Jefe'));

  it('RFC 4231, test case 2, in one part and in two', () => {
    const expected = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
    expect(hmacSha256(key, 'what do ya want for nothing?').toString('hex')).toBe(expected);
    expect(hmacSha256(key, 'what do ya ', Buffer.from('want for nothing?')).toString('hex')).toBe(expected);
  });
});

describe('timingSafeEqualBytes', () => {
  it('says what a plain comparison says, whatever the lengths', () => {
    const bytes = fc.uint8Array({ maxLength: 3, max: 2 });
    fc.assert(fc.property(bytes, bytes, (a, b) => timingSafeEqualBytes(a, b) === (Buffer.compare(a, b) === 0)));
  });
});

describe('randomBytes', () => {
  it('gives as many as asked for, others each time', () => {
    expect(randomBytes(32)).toHaveLength(32);
    expect(randomBytes(32)).not.toEqual(randomBytes(32));
  });
});
