/** Authentication at the door (RFC 6750): before a body is read, on every route that is not declared open. */
import type { AuthenticatedCaller } from '@keytrail/contracts';
import type { FastifyRequest } from 'fastify';
import { provenanceOf } from '../http/origin.js';
import { Refusal } from '../http/problem.js';
import { isCredential, type Authenticator } from './authenticator.js';

/** The caller, or null on an open route. Throws a `Refusal` for anybody else. */
export async function callerOf(
  request: FastifyRequest,
  authenticator: Authenticator,
): Promise<AuthenticatedCaller | null> {
  const { declaration } = request.routeOptions.config;
  if (declaration === undefined || declaration.open) return null;
  refuseTokenInUrl(request.query as object);
  return authenticator.authenticate(bearerOf(request), provenanceOf(request));
}

/** Without the hyphens and underscores that some write and others do not. */
const NAMES_OF_TOKENS: ReadonlySet<string> = new Set([
  'token',
  'accesstoken',
  'apitoken',
  'authtoken',
  'idtoken',
  'bearer',
  'authorization',
  'jwt',
  'apikey',
]);

function refuseTokenInUrl(query: object): void {
  const isToken = ([name, value]: [string, unknown]): boolean =>
    NAMES_OF_TOKENS.has(name.toLowerCase().replaceAll(/[-_]/g, '')) || [value].flat().map(String).some(isCredential);
  if (Object.entries(query).some(isToken))
    throw new Refusal(
      'request.malformed',
      'a token in a URL ends in logs: send it as Authorization: Bearer, and replace this one',
    );
}

/** Node would take the first of several headers, and a proxy in front of it perhaps the last. */
function bearerOf({ raw }: FastifyRequest): string {
  const [header = '', ...more] = raw.headersDistinct['authorization'] ?? [];
  if (more.length > 0) throw new Refusal('request.malformed', 'send one Authorization header, not several');
  const token = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header)?.[1];
  if (token !== undefined) return token;
  throw new Refusal('auth.missing', 'send Authorization: Bearer <token>');
}
