/** A request, parsed by the declaration of its route. */
import { parse, sentenceOf, type AuthenticatedCaller, type Issue, type Parsed } from '@keytrail/contracts';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { originOf, type Origin } from './origin.js';
import { Refusal } from './problem.js';
import type { RouteDeclaration } from './route-declaration.js';

/** What a handler is given. `expectedRevision` comes from `If-Match`. */
export interface Call<R extends RouteDeclaration> {
  readonly route: R;
  /** Null on an open route. */
  readonly caller: AuthenticatedCaller | null;
  readonly origin: Origin;
  readonly params: z.infer<R['params']>;
  readonly query: z.infer<R['query']>;
  readonly body: z.infer<R['body']>;
  readonly expectedRevision?: number;
}

/** On an open route nobody is known; to ask there who it is would be a mistake of ours. */
export function callerIn({ caller }: Pick<Call<RouteDeclaration>, 'caller'>): AuthenticatedCaller {
  if (caller === null) throw new Error('an open route does not know its caller');
  return caller;
}

/** Parses the request before the handler is called. */
export const CallParameter = createParamDecorator((_: undefined, context: ExecutionContext) => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const { declaration } = request.routeOptions.config;
  if (declaration === undefined) throw new Error('a handler without a declared route was reached');
  return callOf(declaration, request);
})();

/** Throws a `Refusal` that lists everything that is wrong with the path, the query and the body. */
export function callOf<R extends RouteDeclaration>(route: R, request: FastifyRequest): Call<R> {
  const params = parse(route.params, withNumbers(route.integers, request.params));
  const query = parse(route.query, withNumbers(route.integers, request.query));
  const body = parse(route.body, request.body);
  const issues = [...issuesOf('path', params), ...issuesOf('query', query), ...issuesOf('body', body)];
  if (!params.ok || !query.ok || !body.ok) throw new Refusal('request.malformed', sentenceOf(issues), issues);
  const expectedRevision = route.ifMatch ? revisionOf(request.headers['if-match']) : undefined;
  return {
    route,
    caller: request.caller,
    origin: originOf(request),
    params: params.value as z.infer<R['params']>,
    query: query.value as z.infer<R['query']>,
    body: body.value as z.infer<R['body']>,
    ...(expectedRevision === undefined ? {} : { expectedRevision }),
  };
}

/** What is wrong with a part as a whole is said of the part by its name. */
function issuesOf(part: string, parsed: Parsed<unknown>): readonly Issue[] {
  if (parsed.ok) return [];
  return parsed.issues.map((issue) => (issue.path === '' ? { ...issue, path: part } : issue));
}

/** A URL knows only text: digits become a number where, and only where, the declaration wants an integer. */
function withNumbers(integers: ReadonlySet<string>, texts: unknown): Record<string, unknown> {
  const numbers = Object.entries(texts as object)
    .filter(([name, value]) => integers.has(name) && typeof value === 'string' && /^\d{1,15}$/.test(value))
    .map(([name, value]) => [name, Number(value)]);
  return { ...(texts as object), ...Object.fromEntries(numbers) };
}

/**
 * An entity tag is the revision; bare digits are taken too. A weak tag cannot guard a change (RFC 9110, section
 * 13.1.1).
 */
function revisionOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const digits = /^(?:(\d{1,15})|"(\d{1,15})")$/.exec(header);
  if (digits) return Number(digits[1] ?? digits[2]);
  throw new Refusal('request.malformed', 'If-Match must be one revision, such as "3": the ETag of the last answer');
}
