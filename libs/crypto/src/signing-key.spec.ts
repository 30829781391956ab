/** Ed25519 against the vectors of RFC 8032, section 7.1, and what must not pass for a signature. */
import { describe, expect, it } from '@jest/globals';
import { randomBytes } from './digest.js';
import { signingKey, verifySignature } from './signing-key.js';

const hex = (text: string) => Buffer.from(text, 'hex');

const VECTORS = [
  {
    name: 'TEST 1',
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155' +
      '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    name: 'TEST 2',
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    name: 'TEST 3',
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
      '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
] as const;

describe.each(VECTORS)('RFC 8032, $name', ({ seed, publicKey, message, signature }) => {
  it('has the public key, signs and verifies', () => {
    const key = signingKey(hex(seed));
    expect(key.publicKey).toEqual(hex(publicKey));
    expect(key.sign(hex(message))).toEqual(hex(signature));
    expect(verifySignature(hex(publicKey), { message: hex(message), signature: hex(signature) })).toBe(true);
  });
});

describe('a signature', () => {
  const key = signingKey(randomBytes(32));
  const message = Buffer.from('what is signed');
  const signature = key.sign(message);

  it('is none with any one bit of it, of the message or of the key changed', () => {
    const flipped = (bytes: Uint8Array) =>
      Array.from({ length: bytes.length * 8 }, (_, bit) => {
        const copy = Buffer.from(bytes);
        copy[bit >> 3]! ^= 1 << (bit & 7);
        return copy;
      });
    for (const other of flipped(signature))
      expect(verifySignature(key.publicKey, { message, signature: other })).toBe(false);
    for (const other of flipped(message))
      expect(verifySignature(key.publicKey, { message: other, signature })).toBe(false);
    for (const other of flipped(key.publicKey)) expect(verifySignature(other, { message, signature })).toBe(false);
  });

  it('has no second form: the order of the group added to its second half', () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const reversed = (bytes: Uint8Array) => Buffer.from(bytes.toReversed());
    const second = BigInt(`0x${reversed(signature.subarray(32)).toString('hex')}`) + order;
    const other = Buffer.concat([signature.subarray(0, 32), reversed(hex(second.toString(16).padStart(64, '0')))]);
    expect(verifySignature(key.publicKey, { message, signature: other })).toBe(false);
  });

  it('is none where it or the key is not of its length, or the key is no point', () => {
    const longer = (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.of(0)]);
    expect(verifySignature(key.publicKey, { message, signature: longer(signature) })).toBe(false);
    expect(verifySignature(key.publicKey, { message, signature: signature.subarray(1) })).toBe(false);
    expect(verifySignature(longer(key.publicKey), { message, signature })).toBe(false);
    expect(verifySignature(key.publicKey.subarray(1), { message, signature })).toBe(false);
    expect(verifySignature(Buffer.alloc(32, 0xff), { message, signature })).toBe(false);
  });
});

it('a signing key is of 32 bytes', () => {
  for (const length of [0, 31, 33, 64]) expect(() => signingKey(Buffer.alloc(length, 9))).toThrow(TypeError);
});
