/** An issuer of JWTs on this machine: discovery, keys, rotation, and all the ways in which such a server may fail. */
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { Issuer } from './issuers.js';

export const AUDIENCE = 'https://keytrail.test';

/** How the server answers a path in place of its document. */
export type Behaviour = (response: http.ServerResponse) => void;

export interface SigningPair {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

export async function signingPair(kid: string, alg = 'ES256'): Promise<SigningPair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** Speaks OpenID Connect Discovery; once `state` has a bearer token, it asks for that, as Kubernetes does. */
export async function startIssuer({ tls }: { readonly tls?: https.ServerOptions } = {}) {
  const state = {
    keys: [await signingPair('first')],
    requests: [] as string[],
    behaviours: new Map<string, Behaviour>(),
    discovery: {} as Record<string, unknown>,
    bearer: undefined as string | undefined,
  };
  const json = (response: http.ServerResponse, document: unknown) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify(document));
  const answer = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    const path = request.url ?? '';
    state.requests.push(path);
    const behaviour = state.behaviours.get(path);
    if (behaviour !== undefined) return behaviour(response);
    const isWelcome = state.bearer === undefined || request.headers.authorization === `Bearer ${state.bearer}`;
    if (!isWelcome) return void response.writeHead(401).end();
    if (path === '/jwks') return void json(response, { keys: state.keys.map(({ publicJwk }) => publicJwk) });
    if (path === '/.well-known/openid-configuration')
      return void json(response, { issuer: url, jwks_uri: `${url}/jwks`, ...state.discovery });
    response.writeHead(404).end();
  };
  const server = tls === undefined ? http.createServer(answer) : https.createServer(tls, answer);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    /** What is answered from now on. */
    state,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    configuration: (changes: Partial<Issuer> = {}): Issuer => ({
      issuer: url,
      audience: AUDIENCE,
      algorithms: ['RS256', 'ES256', 'EdDSA'],
      clockToleranceSeconds: 5,
      ...changes,
    }),
    jwksRequests: () => state.requests.filter((path) => path === '/jwks').length,
  };
}

export type LocalIssuer = Awaited<ReturnType<typeof startIssuer>>;

/** A token as a good issuer makes it, but for what `changes` say; undefined leaves a claim out. */
export function claimsAt(issuer: string, nowMs: number, changes: Record<string, unknown> = {}): JWTPayload {
  const now = Math.floor(nowMs / 1000);
  return { iss: issuer, aud: AUDIENCE, sub: 'alice', iat: now - 10, nbf: now - 10, exp: now + 300, ...changes };
}

export function sign(claims: JWTPayload, pair: SigningPair, header: Record<string, unknown> = {}): Promise<string> {
  const { alg, kid, privateKey } = pair;
  return new SignJWT(claims).setProtectedHeader({ alg, kid, typ: 'JWT', ...header }).sign(privateKey);
}

/** A compact token of parts that no library would put together. */
export function compact(header: unknown, claims: unknown, signature = ''): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(claims)}.${signature}`;
}
