/** Tokens of the issuer for tests are as good or as bad as they were ordered. */
import { createPublicKey, verify, type JsonWebKey } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startJwtIssuer, type JwtIssuer, type JwtSigner } from './jwt-issuer.js';

let issuer: JwtIssuer;
beforeAll(async () => {
  issuer = await startJwtIssuer();
});
afterAll(() => issuer.stop());

const read = (part: string | undefined) => JSON.parse(Buffer.from(part ?? '', 'base64url').toString()) as object;

/** Whether the key that the issuer publishes has signed it. */
async function isGenuine(token: string): Promise<boolean> {
  const found = await fetch(`${issuer.url}/.well-known/openid-configuration`);
  const { jwks_uri: at } = (await found.json()) as { jwks_uri: string };
  const { keys } = (await (await fetch(at)).json()) as { keys: [JsonWebKey] };
  const [header, claims, signature = ''] = token.split('.');
  const key = createPublicKey({ key: keys[0], format: 'jwk' });
  return verify('RSA-SHA256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'));
}

it.each<[JwtSigner, string, boolean]>([
  ['issuer', 'RS256', true],
  ['stranger', 'RS256', false],
  ['nobody', 'none', false],
  ['public_key', 'HS256', false],
])('signed by %s, a token says %s, and that it is genuine is %s', async (signer, alg, genuine) => {
  const token = issuer.token('alice', {}, signer);
  expect(read(token.split('.')[0])).toMatchObject({ alg });
  expect(await isGenuine(token)).toBe(genuine);
});

it('a token says what it is ordered to say', () => {
  const [, usual] = issuer.token('alice').split('.');
  expect(read(usual)).toMatchObject({ iss: issuer.url, aud: issuer.audience, sub: 'alice' });
  const [, odd] = issuer.token('alice', { aud: 'another', exp: undefined }).split('.');
  expect(read(odd)).toMatchObject({ aud: 'another' });
  expect(read(odd)).not.toHaveProperty('exp');
});
