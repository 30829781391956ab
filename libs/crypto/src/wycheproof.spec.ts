/** The vectors of C2SP/wycheproof for the primitives below the format, those that must fail included. */
import { createSecretKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { aesGcmOpen, aesGcmSeal } from './aes-gcm.js';
import { DecryptionFailed } from './decryption-failed.js';
import { hmacSha256, timingSafeEqualBytes } from './digest.js';
import { agree, hpkeKeyPair } from './hpke-key.js';
import { hkdfSha256, pbkdf2Sha256 } from './kdf.js';

const projectRoot = path.resolve(import.meta.dirname, '../../..');
const vectors = path.resolve(projectRoot, process.env['KEYTRAIL_VECTORS'] ?? '../shared/vectors');
const fileOf = (name: string) => path.join(vectors, 'wycheproof/testvectors_v1', `${name}_test.json`);

interface Group {
  readonly ivSize: number;
  readonly keySize: number;
  readonly tagSize: number;
  readonly tests: readonly Omit<Vector, 'group'>[];
}

/** One vector of any of the files: numbers, and bytes in hexadecimal, under the names that the file gives them. */
interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly group: Group;
  readonly [field: string]: unknown;
}

function vectorsOf(name: string, result: Vector['result']): readonly Vector[] {
  if (!existsSync(fileOf(name))) return [];
  const { testGroups } = JSON.parse(readFileSync(fileOf(name), 'utf8')) as { testGroups: Group[] };
  return testGroups
    .flatMap((group) => group.tests.map((vector) => ({ ...vector, group }) as Vector))
    .filter((vector) => vector.result === result);
}

const hex = (text: unknown) => Buffer.from(String(text), 'hex');

describe.each(['aes_gcm', 'hkdf_sha256', 'hmac_sha256', 'pbkdf2_hmacsha256', 'x25519'])('%s', (name) => {
  const present = existsSync(fileOf(name));

  it(`${present ? 'has its' : 'had no'} vectors in KEYTRAIL_VECTORS`, () => {
    expect(present || process.env['CI'] !== 'true').toBe(true);
  });
});

describe('aes_gcm', () => {
  const parametersOf = ({ key, iv, aad }: Vector) => ({
    key: createSecretKey(hex(key)),
    nonce: hex(iv),
    associatedData: hex(aad),
  });
  const ours = ({ group }: Vector) => group.ivSize === 96 && group.keySize === 256 && group.tagSize === 128;

  for (const vector of vectorsOf('aes_gcm', 'valid').filter(ours)) {
    it(`${vector.tcId} ${vector.result}: ${vector.comment}`, () => {
      const sealed = Buffer.concat([hex(vector['ct']), hex(vector['tag'])]);
      expect(aesGcmOpen(parametersOf(vector), sealed)).toEqual(hex(vector['msg']));
      expect(aesGcmSeal(parametersOf(vector), hex(vector['msg']))).toEqual(sealed);
    });
  }

  for (const vector of vectorsOf('aes_gcm', 'invalid').filter(ours)) {
    it(`${vector.tcId} ${vector.result}: ${vector.comment}`, () => {
      const sealed = Buffer.concat([hex(vector['ct']), hex(vector['tag'])]);
      expect(() => aesGcmOpen(parametersOf(vector), sealed)).toThrow(DecryptionFailed);
    });
  }
});

describe('hkdf_sha256', () => {
  const derive = ({ ikm, salt, info, size }: Vector) =>
    hkdfSha256(createSecretKey(hex(ikm)), { salt: hex(salt), info: hex(info), length: size as number });

  for (const vector of vectorsOf('hkdf_sha256', 'valid'))
    it(`${vector.tcId} ${vector.result}: ${vector.comment}`, () => {
      expect(derive(vector)).toEqual(hex(vector['okm']));
    });

  for (const vector of vectorsOf('hkdf_sha256', 'invalid'))
    it(`${vector.tcId} ${vector.result}: ${vector.comment}`, () => {
      expect(() => derive(vector)).toThrow('Invalid key length');
    });
});

describe('hmac_sha256', () => {
  for (const vector of [...vectorsOf('hmac_sha256', 'valid'), ...vectorsOf('hmac_sha256', 'invalid')])
    it(`${vector.tcId} ${vector.result}: ${vector.comment}`, () => {
      const tag = hmacSha256(createSecretKey(hex(vector['key'])), hex(vector['msg']));
      const matches = timingSafeEqualBytes(tag.subarray(0, vector.group.tagSize / 8), hex(vector['tag']));
      expect(matches).toBe(vector.result === 'valid');
    });
});

describe('pbkdf2_hmacsha256', () => {
  for (const vector of vectorsOf('pbkdf2_hmacsha256', 'valid'))
    it(`${vector.tcId} ${vector.result}: ${vector.comment}`, async () => {
      const { password, salt, iterationCount, dkLen, dk } = vector;
      const stretching = { salt: hex(salt), iterations: iterationCount as number, length: dkLen as number };
      expect(await pbkdf2Sha256(hex(password), stretching)).toEqual(hex(dk));
    });
});

describe('x25519', () => {
  for (const vector of [...vectorsOf('x25519', 'valid'), ...vectorsOf('x25519', 'acceptable')])
    it(`${vector.tcId} ${vector.result}: ${vector.comment}`, () => {
      const { privateKey } = hpkeKeyPair(hex(vector['private']));
      const shared = hex(vector['shared']);
      // The file leaves it open whether a key of low order is taken; HPKE does not (RFC 9180, 7.1.4).
      expect(agree(privateKey, hex(vector['public']))).toEqual(shared.equals(Buffer.alloc(32)) ? null : shared);
    });
});
