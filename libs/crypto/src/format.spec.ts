/** The stored format, pinned: a second reader and writer after its description, and vectors of our own making. */
import { createCipheriv, createDecipheriv, createHmac, createSecretKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { kek, openVersion, sealVersion } from './envelope.js';
import { localRootKey } from './root-key.js';

const counting = (start: number, length = 32) => Buffer.from(Array.from({ length }, (_, index) => start + index));

const PLAINTEXT = Buffer.from('correct horse battery staple');
const KEK = counting(0x00);
const DEK = counting(0x20);
const CONTEXT = { workspace: 'acme', secret: '0190a1b2-c3d4-7000-8000-000000000001', version: 7 };
const WRAPPED_KEY =
  '01d429dc4438bcd42bbf11edce732515ff37a8d4b6b50264fedb5e95abca53054aa0a1a2a3a4a5a6a7a8a9aaabfe57173abe7a49da973a' +
  'a79878b9552e98ac8f3b1c7f4aa4e166df6e34bd4aa9a7a402532f8ef1d5357d705a053a81b2';
const CIPHERTEXT =
  '01dd90ce6eb782680fbf9799908a31f65ab2735c4cda0c17c3e8276322a9f6d9feb0b1b2b3b4b5b6b7b8b9babbee5fe951a6b9589ffdff' +
  '5109f5691f9def69d18fc82b54deba0c0cdb2141cd10aa962ecc12ade5d894f4f36f';
const KEY_UNDER_ROOT =
  '01d0d1d2d3d4d5d6d7d8d9dadbdcdddedf01b551a6be51d9605a5adc56bd20255a9a383b4ac807b139921d7064f8d48eedefc0c1c2c3c4' +
  'c5c6c7c8c9cacbefd3274a634acfc243cd40e2fe61b24e5b9120a42ce0e2abf845138ec735f4875b16116b4c729fe4172d00b4efbc8ce7';

function derive(key: Buffer, label: string): { encryption: Buffer; commitment: Buffer } {
  const block = createHmac('sha512', key).update(label).update(Buffer.of(1)).digest();
  return { encryption: block.subarray(0, 32), commitment: block.subarray(32) };
}

function bound(...fields: string[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(Buffer.byteLength(field));
      return [length, Buffer.from(field)];
    }),
  );
}

function write(box: { key: Buffer; label: string; nonce: Buffer; aad: Buffer; plaintext: Buffer }): Buffer {
  const { encryption, commitment } = derive(box.key, box.label);
  const cipher = createCipheriv('aes-256-gcm', encryption, box.nonce).setAAD(box.aad);
  const ciphertext = Buffer.concat([cipher.update(box.plaintext), cipher.final()]);
  return Buffer.concat([Buffer.of(1), commitment, box.nonce, ciphertext, cipher.getAuthTag()]);
}

function read(box: { key: Buffer; label: string; aad: Buffer; bytes: Buffer }): Buffer {
  const { encryption, commitment } = derive(box.key, box.label);
  expect(box.bytes[0]).toBe(1);
  expect(box.bytes.subarray(1, 33)).toEqual(commitment);
  const decipher = createDecipheriv('aes-256-gcm', encryption, box.bytes.subarray(33, 45), { authTagLength: 16 });
  decipher.setAAD(box.aad).setAuthTag(box.bytes.subarray(-16));
  return Buffer.concat([decipher.update(box.bytes.subarray(45, -16)), decipher.final()]);
}

const wrapBound = bound('keytrail/wrap/v1', 'acme', CONTEXT.secret, '7', 'kek-1', 'AES-256-GCM');
const valueBound = (dek: Buffer) => {
  const dekId = derive(dek, 'keytrail/dek/v1').commitment.toString('hex');
  return bound('keytrail/value/v1', 'acme', CONTEXT.secret, '7', dekId, 'AES-256-GCM');
};

describe('our own vector of a sealed version', () => {
  const ours = kek({ id: 'kek-1', key: createSecretKey(KEK) });

  it('opens', () => {
    const sealed = { ciphertext: Buffer.from(CIPHERTEXT, 'hex'), wrappedKey: Buffer.from(WRAPPED_KEY, 'hex') };
    expect(openVersion({ kek: ours, context: CONTEXT, ...sealed }).bytes).toEqual(PLAINTEXT);
  });

  it('is what the description of the format gives', () => {
    const wrappedKey = {
      key: KEK,
      label: 'keytrail/kek/v1',
      nonce: counting(0xa0, 12),
      aad: wrapBound,
      plaintext: DEK,
    };
    const value = {
      key: DEK,
      label: 'keytrail/dek/v1',
      nonce: counting(0xb0, 12),
      aad: valueBound(DEK),
      plaintext: PLAINTEXT,
    };
    expect(write(wrappedKey).toString('hex')).toBe(WRAPPED_KEY);
    expect(write(value).toString('hex')).toBe(CIPHERTEXT);
  });

  it('has the format in which versions are sealed', () => {
    const sealed = sealVersion({ kek: ours, context: CONTEXT, plaintext: PLAINTEXT });
    const dek = read({ key: KEK, label: 'keytrail/kek/v1', aad: wrapBound, bytes: sealed.wrappedKey });
    const value = { key: dek, label: 'keytrail/dek/v1', aad: valueBound(dek), bytes: sealed.ciphertext };
    expect(read(value)).toEqual(PLAINTEXT);
  });
});

describe('our own vector of a key under the root', () => {
  const root = localRootKey(counting(0x40));
  const context = { workspace: 'acme', keyId: 'kek-1' };
  const rootBound = bound('keytrail/root-wrap/v1', 'acme', 'kek-1', root.id, 'AES-256-GCM');

  /** HKDF-SHA-256 of one block. */
  const wrappingKey = (salt: Buffer) => {
    const extracted = createHmac('sha256', salt).update(counting(0x40)).digest();
    return createHmac('sha256', extracted).update('keytrail/root-wrapping-key/v1').update(Buffer.of(1)).digest();
  };

  it('opens, and the root key is named as ever', async () => {
    expect(root.id).toBe('local-bb7385803aba32ec');
    const key = await root.unwrap(context, Buffer.from(KEY_UNDER_ROOT, 'hex'));
    expect(key.export()).toEqual(KEK);
  });

  it('is what the description of the format gives', () => {
    const salt = counting(0xd0, 16);
    const box = { key: wrappingKey(salt), label: 'keytrail/root-committed-key/v1', nonce: counting(0xc0, 12) };
    const boxed = write({ ...box, aad: rootBound, plaintext: KEK });
    expect(Buffer.concat([Buffer.of(1), salt, boxed]).toString('hex')).toBe(KEY_UNDER_ROOT);
  });

  it('has the format in which keys are wrapped', async () => {
    const wrapped = await root.wrap(context, createSecretKey(KEK));
    const key = wrappingKey(wrapped.subarray(1, 17));
    const box = { key, label: 'keytrail/root-committed-key/v1', aad: rootBound, bytes: wrapped.subarray(17) };
    expect(wrapped[0]).toBe(1);
    expect(read(box)).toEqual(KEK);
  });
});
