/** Sealed messages: each opens for what it was sealed for, with its own key, and in no other case. */
import { describe, expect, it } from '@jest/globals';
import { DecryptionFailed } from './decryption-failed.js';
import { hpkeKeyPair, mintHpkeKeyPair } from './hpke-key.js';
import { openSealed, SEALED_FOR, sealTo, type SealedFor, type SealedText } from './sealed-message.js';
import { sessionSecret } from './session.js';

const KEY_ID = '0190a1b2-0000-7000-8000-000000000001';
const pair = mintHpkeKeyPair();
const publicKey = Buffer.from(pair.publicKey).toString('base64url');
const sealedFor: SealedFor = { purpose: SEALED_FOR.value, context: ['tenant.acme.openai.prod'] };
const value = Buffer.from('a canary, not a key');
const sealed = sealTo({ keyId: KEY_ID, publicKey }, value, sealedFor);

const respelled = (text: string) => text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1);

function expectNothing(message: SealedText, forWhat: SealedFor = sealedFor, key = pair): void {
  expect(() => openSealed(key, message, forWhat)).toThrow(DecryptionFailed);
}

describe('a sealed message', () => {
  it('opens, and both sides export the same', () => {
    const opened = openSealed(pair, sealed, sealedFor);
    expect(opened.plaintext.bytes).toEqual(value);
    expect(opened.exportSecret('x')).toEqual(sealed.exportSecret('x'));
    expect(opened.exportSecret('y')).not.toEqual(sealed.exportSecret('x'));
  });

  it('opens into bytes that print as nothing', () => {
    using plaintext = openSealed(pair, sealed, sealedFor).plaintext;
    expect(JSON.stringify({ plaintext })).toBe('{"plaintext":"[redacted]"}');
  });

  it('leaves the plaintext to the caller', () => {
    expect(value.toString()).toBe('a canary, not a key');
  });

  it('may say its own enc, and zeroes what was made for that', () => {
    let made = Buffer.alloc(0);
    const message = sealTo({ keyId: KEY_ID, publicKey }, (enc) => (made = Buffer.from(`my enc is ${enc}`)), sealedFor);
    expect(openSealed(pair, message, sealedFor).plaintext.bytes.toString()).toBe(`my enc is ${message.enc}`);
    expect(made).toEqual(Buffer.alloc(10 + 43));
  });

  it.each<[string, SealedFor]>([
    ['another purpose', { ...sealedFor, purpose: SEALED_FOR.credential }],
    ['a session', { ...sealedFor, purpose: SEALED_FOR.session }],
    ['another context', { ...sealedFor, context: ['tenant.acme.openai.test'] }],
    ['no context', { ...sealedFor, context: [] }],
    ['a longer context', { ...sealedFor, context: [...sealedFor.context, ''] }],
    ['the context cut in two', { ...sealedFor, context: ['tenant.acme.', 'openai.prod'] }],
  ])('does not open for %s', (_, other) => {
    expectNothing(sealed, other);
  });

  it('does not open with another key, nor under the id of another', () => {
    expectNothing(sealed, sealedFor, mintHpkeKeyPair());
    expectNothing({ ...sealed, keyId: '0190a1b2-0000-7000-8000-000000000002' });
  });

  it('does not open with a part of another message', () => {
    const other = sealTo({ keyId: KEY_ID, publicKey }, value, sealedFor);
    expectNothing({ ...sealed, enc: other.enc });
    expectNothing({ ...sealed, ciphertext: other.ciphertext });
  });

  it('has one spelling', () => {
    const standard = sealed.enc.replaceAll('-', '+').replaceAll('_', '/');
    for (const enc of [respelled(sealed.enc), `${sealed.enc}=`, ` ${sealed.enc}`, `${standard}=`, ''])
      expectNothing({ ...sealed, enc });
    const unpadded = sealed.ciphertext.slice(0, -1);
    expect(sealed.ciphertext).toMatch(/[^=]=$/);
    for (const ciphertext of [unpadded, `${respelled(unpadded)}=`, `${sealed.ciphertext}\n`, ''])
      expectNothing({ ...sealed, ciphertext });
  });

  it('is not sealed to what is no key', () => {
    for (const none of ['', 'AAAA', Buffer.alloc(32).toString('base64url'), Buffer.alloc(33, 9).toString('base64url')])
      expect(() => sealTo({ keyId: KEY_ID, publicKey: none }, value, sealedFor)).toThrow(TypeError);
  });
});

/** Sealed with @hpke/core to the private key of 32 bytes 7. */
const OUR_OWN: SealedText = {
  keyId: KEY_ID,
  enc: 'HwsK64OB3XkiXxowz3ec7nJ8Y5a4nvN5yBCZpGoOsR4',
  ciphertext: 'y/bdO5aE+bnaqsuU27FBbmIiB2x0Ku/frAEvFP0d7IMmyQM9',
};

it('our own vector: what another implementation sealed for a session opens, and gives the same secret', () => {
  const forWhat: SealedFor = { purpose: SEALED_FOR.session, context: ['rpc.vault.a', '_R.a'] };
  const { plaintext, exportSecret } = openSealed(hpkeKeyPair(Buffer.alloc(32, 7)), OUR_OWN, forWhat);
  expect(plaintext.bytes.toString()).toBe('{"type":"api_token"}');
  const secret = sessionSecret(exportSecret).export().toString('hex');
  expect(secret).toBe('3d75dfe2d7c511aad11e78e96ae3a9058d591f4d682abdda2610e69720ed1441');
});
