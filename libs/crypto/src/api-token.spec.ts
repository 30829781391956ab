/** API tokens: their form, and that a mistyped one is told apart. */
import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { connectSecretOf, mintApiToken, parseApiToken, parseConnectSecret } from './api-token.js';

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

describe('a connect secret', () => {
  const { token, tokenId, sha256Hex } = mintApiToken();
  const secret = connectSecretOf(token)!;

  it('our own vector', () => {
    expect(connectSecretOf(OUR_OWN)).toBe('ktc_abcdefghi012_fI6rTAvVFZpQ5wPEvX0NsihF_uKgmSjBkw_vdRgwnl4');
  });

  it('is told from a token, and its token from it', () => {
    expect(secret).toMatch(/^ktc_[a-z0-9]{12}_[A-Za-z0-9_-]{43}$/);
    const digest = createHash('sha256').update(secret).digest('hex');
    expect(parseConnectSecret(secret)).toEqual({ tokenId, sha256Hex: digest });
    expect(parseApiToken(secret)).toBeNull();
    expect(parseConnectSecret(token)).toBeNull();
    expect(parseConnectSecret(secret.replace('ktc_', 'kt_'))).toBeNull();
  });

  it('is of one token alone', () => {
    const all = Array.from({ length: 100 }, () => connectSecretOf(mintApiToken().token));
    expect(new Set(all).size).toBe(100);
  });

  it('cannot be made from what is stored of the token', () => {
    const stored = Buffer.from(sha256Hex, 'hex');
    const fromStored = createHmac('sha256', stored).update('keytrail/connect/v1').digest('base64url');
    expect(secret).not.toBe(`ktc_${tokenId}_${fromStored}`);
    expect(parseConnectSecret(secret)?.sha256Hex).not.toBe(sha256Hex);
  });

  it('there is none of what is no token', () => {
    for (const none of ['', 'kt_', token.slice(1), `${token}\n`, secret]) expect(connectSecretOf(none)).toBeNull();
  });

  it('cut off, lengthened or in other company is none', () => {
    for (let length = 0; length < secret.length; length++)
      expect(parseConnectSecret(secret.slice(0, length))).toBeNull();
    for (const text of [`${secret}0`, `${secret}\n`, ` ${secret}`, `${secret}=`, secret.toUpperCase()])
      expect(parseConnectSecret(text)).toBeNull();
  });
});
