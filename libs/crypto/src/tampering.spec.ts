/** Every sealed thing, spoiled at every byte: none opens, and all fail in the one way. */
import { describe, expect, it } from '@jest/globals';
import { DecryptionFailed } from './decryption-failed.js';
import { kek, openVersion, sealVersion } from './envelope.js';
import { mintKey } from './key.js';
import { localRootKey } from './root-key.js';

const context = { workspace: 'acme', secret: '0190a1b2-0000-7000-8000-000000000001', version: 1 };
const ours = kek({ id: 'kek-1', key: mintKey() });
const sealed = sealVersion({ kek: ours, context, plaintext: Buffer.from('sk-canary-0123456789') });
const root = localRootKey(Buffer.alloc(32, 1));
const wrapContext = { workspace: 'acme', keyId: 'kek-1' };

type Open = (blob: Buffer) => unknown;
const subjects: readonly [string, Buffer, Open][] = [
  ['a value', sealed.ciphertext, (ciphertext) => openVersion({ kek: ours, context, ...sealed, ciphertext })],
  ['a wrapped key', sealed.wrappedKey, (wrappedKey) => openVersion({ kek: ours, context, ...sealed, wrappedKey })],
  ['a key under the root', await root.wrap(wrapContext, mintKey()), (blob) => root.unwrap(wrapContext, blob)],
];

const DEFECTS: readonly [string, (blob: Buffer) => Buffer[]][] = [
  ['any one bit flipped', (blob) => everyIndex(blob).flatMap((at) => EVERY_BIT.map((bit) => flipped(blob, at, bit)))],
  ['any number of bytes cut off its end', (blob) => everyIndex(blob).map((length) => blob.subarray(0, length))],
  ['any number of bytes cut off its start', (blob) => everyIndex(blob).map((at) => blob.subarray(at + 1))],
  ['a byte added', (blob) => [Buffer.concat([blob, Buffer.of(0)]), Buffer.concat([Buffer.of(1), blob])]],
  ['itself twice', (blob) => [Buffer.concat([blob, blob])]],
  ['only zeros', (blob) => [Buffer.alloc(blob.length)]],
];
const EVERY_BIT = [0, 1, 2, 3, 4, 5, 6, 7];

function everyIndex(blob: Buffer): number[] {
  return [...blob.keys()];
}

function flipped(blob: Buffer, at: number, bit: number): Buffer {
  const copy = Buffer.from(blob);
  copy.writeUInt8(copy.readUInt8(at) ^ (1 << bit), at);
  return copy;
}

/** `opened`, or the error that it failed with. */
async function outcome(open: Open, blob: Buffer): Promise<unknown> {
  try {
    await open(blob);
    return 'opened';
  } catch (error) {
    return error;
  }
}

describe.each(subjects)('%s', (_, blob, open) => {
  it('opens as it was sealed', async () => {
    expect(await outcome(open, blob)).toBe('opened');
  });

  it.each(DEFECTS)('does not open with %s', async (_defect, spoil) => {
    for (const spoiled of spoil(blob)) expect(await outcome(open, spoiled)).toBeInstanceOf(DecryptionFailed);
  });
});
