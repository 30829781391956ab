/** An issuer of JWTs on loopback, whose tokens are as good or as bad as a test wants them. */
import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * By whom a token is signed: by the issuer (RS256), by another key that says it is the issuer's, by nobody
 * (`alg: none`), or with the issuer's public key as the secret of an HMAC (HS256).
 */
export type JwtSigner = 'issuer' | 'stranger' | 'nobody' | 'public_key';

export interface JwtIssuer {
  /** `iss` of its tokens; speaks OpenID Connect Discovery. */
  readonly url: string;
  /** `aud` of its tokens. */
  readonly audience: string;
  /** A token that is good for five minutes, but for `claims`, which may say anything else, and its signer. */
  token(subject: string, claims?: Readonly<Record<string, unknown>>, signer?: JwtSigner): string;
  stop(): Promise<void>;
}

const KID = 'first';
const LIFETIME_SECONDS = 300;

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2_048 });
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export async function startJwtIssuer({ audience = 'keytrail' } = {}): Promise<JwtIssuer> {
  const [{ publicKey, privateKey }, stranger] = [rsa(), rsa().privateKey];
  const documents = new Map<string, () => unknown>([
    ['/jwks', () => ({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: KID, alg: 'RS256', use: 'sig' }] })],
    ['/.well-known/openid-configuration', () => ({ issuer: url, jwks_uri: `${url}/jwks` })],
  ]);
  const server = http.createServer((request, response) => {
    const document = documents.get(request.url ?? '');
    if (document === undefined) return void response.writeHead(404).end();
    response.setHeader('content-type', 'application/json').end(JSON.stringify(document()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  const byRsa = (key: KeyObject) => (text: string) => sign('RSA-SHA256', Buffer.from(text), key);
  const signers: Readonly<Record<JwtSigner, { readonly alg: string; readonly sign: (text: string) => Buffer }>> = {
    issuer: { alg: 'RS256', sign: byRsa(privateKey) },
    stranger: { alg: 'RS256', sign: byRsa(stranger) },
    nobody: { alg: 'none', sign: () => Buffer.alloc(0) },
    public_key: { alg: 'HS256', sign: (text) => createHmac('sha256', pem).update(text).digest() },
  };
  return {
    url,
    audience,
    token: (sub, claims = {}, signer = 'issuer') => {
      const now = Math.floor(Date.now() / 1_000);
      const usual = { iss: url, aud: audience, sub, iat: now - 10, nbf: now - 10, exp: now + LIFETIME_SECONDS };
      const signed = `${part({ alg: signers[signer].alg, kid: KID, typ: 'JWT' })}.${part({ ...usual, ...claims })}`;
      return `${signed}.${signers[signer].sign(signed).toString('base64url')}`;
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
