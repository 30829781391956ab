/** Secret bytes print nowhere and are gone after use. */
import { format, inspect } from 'node:util';
import { serialize } from 'node:v8';
import { describe, expect, it } from '@jest/globals';
import { SecretBytes } from './secret-bytes.js';

const PLAINTEXT = 'sk-canary-0123456789';
const FORMS = [
  PLAINTEXT,
  Buffer.from(PLAINTEXT).toString('base64'),
  Buffer.from(PLAINTEXT).toString('hex'),
  [...Buffer.from(PLAINTEXT)].join(','),
  inspect(Buffer.from(PLAINTEXT)),
];

const secret = () => SecretBytes.copyOf(Buffer.from(PLAINTEXT));

describe('secret bytes', () => {
  it.each<[string, (value: SecretBytes) => string]>([
    ['JSON.stringify', (value) => JSON.stringify({ value })],
    ['a template', (value) => `a ${value as unknown as string}`],
    ['concatenation', (value) => '' + value],
    ['String', (value) => String(value)],
    ['join', (value) => [value].join()],
    ['inspect', (value) => inspect({ nested: [value] })],
    ['inspect with hidden properties', (value) => inspect(value, { showHidden: true, depth: null })],
    ['inspect past the custom function', (value) => inspect(value, { showHidden: true, customInspect: false })],
    ['format %s %o %O %j', (value) => format('%s %o %O %j', value, value, value, value)],
    ['an error message', (value) => inspect(new Error(`cannot use ${String(value)}`, { cause: value }))],
    ['its properties', (value) => JSON.stringify(Object.assign({ names: Reflect.ownKeys(value) }, value))],
    ['a structured clone', (value) => serialize(value).toString('latin1')],
  ])('do not print through %s', (_, print) => {
    const printed = print(secret());
    for (const form of FORMS) expect(printed).not.toContain(form);
  });

  it('print as [redacted]', () => {
    expect([String(secret()), JSON.stringify(secret()), inspect(secret())]).toEqual([
      '[redacted]',
      '"[redacted]"',
      '[redacted]',
    ]);
  });

  it('give the plaintext to whoever asks for it by name', () => {
    expect(secret().bytes.toString()).toBe(PLAINTEXT);
    expect(secret().length).toBe(PLAINTEXT.length);
  });

  it('are a copy in memory of their own', () => {
    const original = Buffer.from(PLAINTEXT);
    const { bytes } = SecretBytes.copyOf(original);
    original.fill(0);
    expect(bytes.toString()).toBe(PLAINTEXT);
    expect(bytes.buffer.byteLength).toBe(PLAINTEXT.length);
  });

  it('taken over are the same memory', () => {
    const bytes = Buffer.from(PLAINTEXT);
    SecretBytes.take(bytes).destroy();
    expect(bytes.every((byte) => byte === 0)).toBe(true);
  });

  it('are zeroed by destroy, and then throw without telling', () => {
    const value = secret();
    const { bytes } = value;
    value.destroy();
    value.destroy();
    expect(bytes).toEqual(Buffer.alloc(PLAINTEXT.length));
    expect(() => value.bytes).toThrow('these secret bytes were destroyed');
    expect(() => value.length).toThrow('these secret bytes were destroyed');
    expect(inspect(value)).toBe('[redacted]');
  });

  it('are zeroed at the end of a using block, also by an exception', () => {
    const seen: Buffer[] = [];
    expect(() => {
      using value = secret();
      seen.push(value.bytes);
      throw new Error('half-way');
    }).toThrow('half-way');
    expect(seen).toEqual([Buffer.alloc(PLAINTEXT.length)]);
  });
});
