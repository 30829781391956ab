/** HPKE against the vectors that RFC 9180 prints, against another implementation, and against who changes a message. */
import { createCipheriv, createDecipheriv, type CipherGCMTypes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import fc from 'fast-check';
import { DecryptionFailed } from './decryption-failed.js';
import { hpkeKeyPair, mintHpkeKeyPair } from './hpke-key.js';
import { labeledExpand } from './hpke-kdf.js';
import { hpkeOpen, hpkeSeal, type HpkeAead } from './hpke.js';
import { mintKey } from './key.js';

const hex = (text: string) => Buffer.from(text, 'hex');
const INFO = hex('4f6465206f6e2061204772656369616e2055726e');
const PLAINTEXT = hex('4265617574792069732074727574682c20747275746820626561757479');
const AAD = hex('436f756e742d30');

/**
 * Appendices A.1.1 and A.2.1: the AEADs there are not ours, all else is. Exports for '', a zero byte, 'TestContext'.
 */
const VECTORS = [
  {
    name: 'A.1.1, AES-128-GCM',
    aead: { id: 1, cipher: 'aes-128-gcm', keyBytes: 16 },
    skEm: '52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736',
    skRm: '4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8',
    pkRm: '3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d',
    enc: '37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431',
    key: '4531685d41d65f03dc48f6b8302c05b0',
    nonce: '56d890e5accaaf011cff4b7d',
    ciphertext: 'f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a',
    exported: [
      '3853fe2b4035195a573ffc53856e77058e15d9ea064de3e59f4961d0095250ee',
      '2e8f0b54673c7029649d4eb9d5e33bf1872cf76d623ff164ac185da9e88c21a5',
      'e9e43065102c3836401bed8c3c3c75ae46be1639869391d62c61f1ec7af54931',
    ],
  },
  {
    name: 'A.2.1, ChaCha20Poly1305',
    aead: { id: 3, cipher: 'chacha20-poly1305', keyBytes: 32 },
    skEm: 'f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600',
    skRm: '8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb',
    pkRm: '4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a',
    enc: '1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a',
    key: 'ad2744de8e17f4ebba575b3f5f5a8fa1f69c2a07f6e7500bc60ca6e3e3ec1c91',
    nonce: '5c4d98150661b848853b547f',
    ciphertext: '1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28',
    exported: [
      '4bbd6243b8bb54cec311fac9df81841b6fd61f56538a775e7c80a9f40160606e',
      '8c1df14732580e5501b00f82b10a1647b40713191b7c1240ac80e2b68808ba69',
      '5acb09211139c43b3090489a9da433e8a30ee7188ba8b0a9a1ccf0c229283e53',
    ],
  },
] as const;

/** An AEAD of the vectors, which notes the key and the nonce that it was given. */
function aeadOf({ id, cipher, keyBytes }: (typeof VECTORS)[number]['aead']) {
  const given: { key: string; nonce: string }[] = [];
  const noted = <T extends Parameters<HpkeAead['seal']>[0]>(parameters: T): T => {
    given.push({ key: parameters.key.export().toString('hex'), nonce: Buffer.from(parameters.nonce).toString('hex') });
    return parameters;
  };
  const name = cipher as CipherGCMTypes;
  const aead: HpkeAead = {
    id,
    keyBytes,
    seal: (parameters, plaintext) => {
      const { key, nonce, associatedData } = noted(parameters);
      const made = createCipheriv(name, key, nonce, { authTagLength: 16 }).setAAD(associatedData);
      return Buffer.concat([made.update(plaintext), made.final(), made.getAuthTag()]);
    },
    open: (parameters, ciphertext) => {
      const { key, nonce, associatedData } = noted(parameters);
      const made = createDecipheriv(name, key, nonce, { authTagLength: 16 })
        .setAAD(associatedData)
        .setAuthTag(ciphertext.subarray(-16));
      return Buffer.concat([made.update(ciphertext.subarray(0, -16)), made.final()]);
    },
  };
  return { aead, given };
}

describe.each(VECTORS)('RFC 9180, $name', ({ aead: of, key, nonce, exported, ...vector }) => {
  const recipient = hpkeKeyPair(hex(vector.skRm));
  const ephemeral = hpkeKeyPair(hex(vector.skEm));
  const exportsOf = (exportSecret: (context: string) => Buffer) =>
    ['', '\0', 'TestContext'].map((context) => exportSecret(context).toString('hex'));

  it('gives the public keys', () => {
    expect(recipient.publicKey).toEqual(hex(vector.pkRm));
    expect(ephemeral.publicKey).toEqual(hex(vector.enc));
  });

  it('seals the first message, and exports', () => {
    const { aead, given } = aeadOf(of);
    const sealed = hpkeSeal(hex(vector.pkRm), PLAINTEXT, { info: INFO, associatedData: AAD, aead, ephemeral });
    expect(given).toEqual([{ key, nonce }]);
    expect(sealed).toMatchObject({ enc: hex(vector.enc), ciphertext: hex(vector.ciphertext) });
    expect(exportsOf(sealed.exportSecret)).toEqual(exported);
  });

  it('opens the first message, and exports', () => {
    const { aead, given } = aeadOf(of);
    const message = { enc: hex(vector.enc), ciphertext: hex(vector.ciphertext) };
    const opened = hpkeOpen(recipient, message, { info: INFO, associatedData: AAD, aead });
    expect(given).toEqual([{ key, nonce }]);
    expect(opened.plaintext).toEqual(PLAINTEXT);
    expect(exportsOf(opened.exportSecret)).toEqual(exported);
  });
});

describe('@hpke/core, AES-256-GCM', () => {
  const theirs = new CipherSuite({
    kem: new DhkemX25519HkdfSha256(),
    kdf: new HkdfSha256(),
    aead: new Aes256Gcm(),
  });
  const binding = { info: INFO, associatedData: AAD };
  const arrayBuffer = (bytes: Uint8Array) => new Uint8Array(bytes).buffer;

  it('opens what we seal, and exports the same', async () => {
    const recipient = await theirs.kem.generateKeyPair();
    const publicKey = new Uint8Array(await theirs.kem.serializePublicKey(recipient.publicKey));
    const { enc, ciphertext, exportSecret } = hpkeSeal(publicKey, PLAINTEXT, binding);
    const context = await theirs.createRecipientContext({
      recipientKey: recipient,
      enc: arrayBuffer(enc),
      info: arrayBuffer(INFO),
    });
    expect(Buffer.from(await context.open(arrayBuffer(ciphertext), arrayBuffer(AAD)))).toEqual(PLAINTEXT);
    const exported = await context.export(arrayBuffer(Buffer.from('a context')), 32);
    expect(exportSecret('a context')).toEqual(Buffer.from(exported));
  });

  it('seals what we open, and exports the same', async () => {
    const ours = mintHpkeKeyPair();
    const recipientPublicKey = await theirs.kem.deserializePublicKey(arrayBuffer(ours.publicKey));
    const context = await theirs.createSenderContext({ recipientPublicKey, info: arrayBuffer(INFO) });
    const ciphertext = new Uint8Array(await context.seal(arrayBuffer(PLAINTEXT), arrayBuffer(AAD)));
    const { plaintext, exportSecret } = hpkeOpen(ours, { enc: new Uint8Array(context.enc), ciphertext }, binding);
    expect(plaintext).toEqual(PLAINTEXT);
    const exported = await context.export(arrayBuffer(Buffer.from('a context')), 32);
    expect(exportSecret('a context')).toEqual(Buffer.from(exported));
  });
});

describe('a message', () => {
  const ours = mintHpkeKeyPair();
  const binding = { info: INFO, associatedData: AAD };
  const message = hpkeSeal(ours.publicKey, PLAINTEXT, binding);

  it('never has the same key twice', () => {
    const again = hpkeSeal(ours.publicKey, PLAINTEXT, binding);
    expect(again.enc).not.toEqual(message.enc);
    expect(again.ciphertext).not.toEqual(message.ciphertext);
    expect(again.exportSecret('')).not.toEqual(message.exportSecret(''));
  });

  it('does not open with any one bit flipped, nor cut off, nor lengthened', () => {
    const part = fc.constantFrom<'enc' | 'ciphertext'>('enc', 'ciphertext');
    const spoil = fc.oneof(
      fc.record({ bit: fc.nat() }).map(({ bit }) => (bytes: Buffer) => {
        const at = bit % (bytes.length * 8);
        bytes[at >> 3]! ^= 1 << (at & 7);
        return bytes;
      }),
      fc.nat().map((length) => (bytes: Buffer) => bytes.subarray(0, length % bytes.length)),
      fc.uint8Array({ minLength: 1, maxLength: 40 }).map((more) => (bytes: Buffer) => Buffer.concat([bytes, more])),
    );
    fc.assert(
      fc.property(part, spoil, (of, change) => {
        const spoiled = { ...message, [of]: change(Buffer.from(message[of])) };
        expect(() => hpkeOpen(ours, spoiled, binding)).toThrow(DecryptionFailed);
      }),
      { numRuns: 300 },
    );
  });

  it('does not open for another key, info or associated data', () => {
    const other = Buffer.from('other');
    expect(() => hpkeOpen(mintHpkeKeyPair(), message, binding)).toThrow(DecryptionFailed);
    expect(() => hpkeOpen(ours, message, { ...binding, info: other })).toThrow(DecryptionFailed);
    expect(() => hpkeOpen(ours, message, { ...binding, associatedData: other })).toThrow(DecryptionFailed);
  });

  it('does not open for the private key under another public key', () => {
    const mixed = { ...ours, publicKey: mintHpkeKeyPair().publicKey };
    expect(() => hpkeOpen(mixed, message, binding)).toThrow(DecryptionFailed);
  });

  it('is neither sealed to nor opened from a key that everybody would agree with', () => {
    for (const enc of [Buffer.alloc(32), Buffer.from([1, ...Buffer.alloc(31)])]) {
      expect(() => hpkeSeal(enc, PLAINTEXT, binding)).toThrow(TypeError);
      expect(() => hpkeOpen(ours, { ...message, enc }, binding)).toThrow(DecryptionFailed);
    }
  });

  it('is not sealed to a key of another length', () => {
    for (const length of [0, 31, 33, 64])
      expect(() => hpkeSeal(Buffer.alloc(length, 9), PLAINTEXT, binding)).toThrow(TypeError);
  });
});

it('a key pair is of 32 bytes', () => {
  for (const length of [0, 31, 33, 64]) expect(() => hpkeKeyPair(Buffer.alloc(length, 9))).toThrow(TypeError);
});

it('no more than one block is expanded', () => {
  const expansion = { prk: mintKey(), label: 'sec', info: Buffer.alloc(0) };
  expect(labeledExpand(INFO, { ...expansion, length: 32 })).toHaveLength(32);
  expect(() => labeledExpand(INFO, { ...expansion, length: 33 })).toThrow(RangeError);
});
