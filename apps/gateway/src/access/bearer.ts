/** Authentication at the door (RFC 6750): before a body is read, on every route that is not declared open. */
import type { FastifyRequest } from 'fastify';
import { Refusal } from '../http/problem.js';
import type { Authenticator, Caller } from './authenticator.js';

/** The caller, or null on an open route. Throws a `Refusal` for anybody else. */
export async function callerOf(request: FastifyRequest, authenticator: Authenticator): Promise<Caller | null> {
  const { declaration } = request.routeOptions.config;
  if (declaration === undefined || declaration.open) return null;
  refuseTokenInUrl(request.query as object);
  const caller = await authenticator.authenticate(bearerOf(request.headers.authorization));
  if (caller === null) throw new Refusal('auth.invalid', 'the bearer token is not valid');
  return caller;
}

function refuseTokenInUrl(query: object): void {
  if ('token' in query || 'access_token' in query)
    throw new Refusal(
      'request.malformed',
      'a token in a URL ends in logs: send it as Authorization: Bearer, and replace this one',
    );
}

function bearerOf(header: string | undefined): string {
  const token = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header ?? '')?.[1];
  if (token !== undefined) return token;
  throw new Refusal('auth.missing', 'send Authorization: Bearer <token>');
}
