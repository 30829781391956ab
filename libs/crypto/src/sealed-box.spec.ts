/** The commitment: a ciphertext that AES-GCM opens under two keys opens under one of them only. */
import { createCipheriv, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { aesGcmOpen, NONCE_LENGTH, TAG_LENGTH } from './aes-gcm.js';
import { committedKey } from './committed-key.js';
import { DecryptionFailed } from './decryption-failed.js';
import { mintKey } from './key.js';
import { openBox, sealBox } from './sealed-box.js';

const NOTHING_BOUND = Buffer.alloc(0);
const nonce = Buffer.alloc(NONCE_LENGTH, 9);
const mine = committedKey(mintKey(), 'label');
const theirs = committedKey(mintKey(), 'label');

const box = (commitment: Buffer, sealed: Buffer) => Buffer.concat([Buffer.of(1), commitment, nonce, sealed]);

describe('a ciphertext made to open under two keys', () => {
  const sealed = forTwoKeys(mine.encryption, theirs.encryption);

  it('does so in AES-GCM by itself', () => {
    for (const { encryption } of [mine, theirs])
      expect(aesGcmOpen({ key: encryption, nonce, associatedData: NOTHING_BOUND }, sealed)).toHaveLength(16);
  });

  it('opens in a box only under the key whose commitment it carries', () => {
    expect(openBox(mine, NOTHING_BOUND, box(mine.commitment, sealed))).toHaveLength(16);
    expect(() => openBox(theirs, NOTHING_BOUND, box(mine.commitment, sealed))).toThrow(DecryptionFailed);
    expect(openBox(theirs, NOTHING_BOUND, box(theirs.commitment, sealed))).toHaveLength(16);
    expect(() => openBox(mine, NOTHING_BOUND, box(theirs.commitment, sealed))).toThrow(DecryptionFailed);
  });

  it('opens under neither by a commitment of another making', () => {
    for (const commitment of [Buffer.alloc(32), committedKey(mintKey(), 'label').commitment]) {
      expect(() => openBox(mine, NOTHING_BOUND, box(commitment, sealed))).toThrow(DecryptionFailed);
      expect(() => openBox(theirs, NOTHING_BOUND, box(commitment, sealed))).toThrow(DecryptionFailed);
    }
  });
});

describe('a committed key', () => {
  it('depends on key and label, and its commitment is not its encryption key', () => {
    const key = mintKey();
    const parts = [committedKey(key, 'a'), committedKey(key, 'b'), committedKey(mintKey(), 'a')].flatMap((derived) => [
      derived.commitment.toString('hex'),
      derived.encryption.export().toString('hex'),
    ]);
    expect(new Set(parts).size).toBe(6);
    expect(committedKey(key, 'a').commitment).toEqual(committedKey(key, 'a').commitment);
  });
});

describe('nonces', () => {
  it('differ from box to box under one key', () => {
    const nonces = Array.from({ length: 1000 }, () =>
      sealBox(mine, NOTHING_BOUND, Buffer.alloc(1)).subarray(33, 45).toString('hex'),
    );
    expect(new Set(nonces).size).toBe(1000);
  });
});

/**
 * One block and one tag that verify under both keys. The tag is linear in the block: block·H² + length·H + mask, over
 * GF(2¹²⁸); setting the tags of both keys equal leaves one equation for the block (Grubbs, Lu, Ristenpart 2017).
 */
function forTwoKeys(first: KeyObject, second: KeyObject): Buffer {
  const [a, b] = [first, second].map((key) => {
    const h = encryptBlock(key, Buffer.alloc(16));
    const mask = encryptBlock(key, Buffer.concat([nonce, Buffer.of(0, 0, 0, 1)]));
    return { square: multiply(h, h), rest: multiply(128n, h) ^ mask };
  }) as [{ square: bigint; rest: bigint }, { square: bigint; rest: bigint }];
  const block = multiply(a.rest ^ b.rest, inverse(a.square ^ b.square));
  const tag = multiply(block, a.square) ^ a.rest;
  return Buffer.from([block, tag].map((value) => value.toString(16).padStart(2 * TAG_LENGTH, '0')).join(''), 'hex');
}

function encryptBlock(key: KeyObject, block: Buffer): bigint {
  const cipher = createCipheriv('aes-256-ecb', key, null);
  return BigInt(`0x${cipher.update(block).toString('hex')}`);
}

/** SP 800-38D, 6.3: the leftmost bit is the coefficient of x⁰. */
function multiply(x: bigint, y: bigint): bigint {
  let product = 0n;
  for (let bit = 127n, v = y; bit >= 0n; bit--) {
    if ((x >> bit) & 1n) product ^= v;
    v = v & 1n ? (v >> 1n) ^ (0xe1n << 120n) : v >> 1n;
  }
  return product;
}

/** The power 2¹²⁸ - 2: the product of the squares from x² to x^(2¹²⁷). */
function inverse(x: bigint): bigint {
  let result = 1n << 127n;
  for (let i = 1, square = x; i < 128; i++) {
    square = multiply(square, square);
    result = multiply(result, square);
  }
  return result;
}
