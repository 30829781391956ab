/** API tokens: their form, and that a mistyped one is told apart. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { mintApiToken, parseApiToken } from './api-token.js';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** The largest random part there is. */
const OUR_OWN = 'kt_abcdefghi012_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp11uwv8W';

describe('an API token', () => {
  it('has the form that scanners look for', () => {
    expect(mintApiToken().token).toMatch(/^kt_[a-z0-9]{12}_[A-Za-z0-9]{49}$/);
  });

  it('is parsed to what was minted', () => {
    for (const { token, ...kept } of Array.from({ length: 200 }, mintApiToken))
      expect(parseApiToken(token)).toEqual(kept);
  });

  it('is kept as the SHA-256 of its text', () => {
    const { token, sha256Hex } = mintApiToken();
    expect(sha256Hex).toBe(createHash('sha256').update(token).digest('hex'));
  });

  it('our own vector', () => {
    expect(parseApiToken(OUR_OWN)?.tokenId).toBe('abcdefghi012');
  });

  it('with any one character changed is none', () => {
    const { token } = mintApiToken();
    for (const at of token.split('').keys()) {
      for (const other of BASE62.replace(token.charAt(at), ''))
        expect(parseApiToken(token.slice(0, at) + other + token.slice(at + 1))).toBeNull();
    }
  });

  it('cut off, lengthened or in other company is none', () => {
    const { token } = mintApiToken();
    for (let length = 0; length < token.length; length++) expect(parseApiToken(token.slice(0, length))).toBeNull();
    for (const text of [`${token}0`, `${token}\n`, ` ${token}`, `Bearer ${token}`, token.toUpperCase()])
      expect(parseApiToken(text)).toBeNull();
  });
});
