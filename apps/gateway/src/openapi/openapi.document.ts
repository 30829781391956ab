/** The OpenAPI 3.1 document, made of the route declarations and of the very schemas that parse. */
import { RequestId, type Code } from '@keytrail/contracts';
import type { z } from 'zod';
import type { Example } from '../http/example.js';
import { problemOf, PROBLEM_TYPE, Refusal, STATUS } from '../http/problem.js';
import { JSON_TYPE, type RouteDeclaration } from '../http/route-declaration.js';
import { ANSWER_HEADERS, INTRODUCTION, REQUEST_HEADERS, TAGS, wordsOf } from './openapi.glossary.js';
import {
  answerSchema,
  bodySchema,
  componentSchemas,
  problemSchema,
  schemaOf,
  takesBody,
  type Json,
} from './openapi.schemas.js';

/** The refusals of every route that wants a token. */
const GUARDED: readonly Code[] = [
  'request.malformed',
  'auth.missing',
  'auth.invalid',
  'auth.throttled',
  'access.denied',
  'principal.quarantined',
  'internal',
  'service.overloaded',
  'service.unavailable',
  'auth.session_invalid',
  'request.deadline_exceeded',
];

const TOO_LARGE: readonly Code[] = ['request.too_large'];

const DONE = { 200: 'Done', 201: 'Made', 204: 'Done, and nothing to tell' } as const;

/** Stands for whichever id a request had. */
const SOME_REQUEST_ID = RequestId.parse('deploy-42');

export function openApiDocument(routes: readonly RouteDeclaration[]): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(route);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Keytrail',
      version: '1',
      description: INTRODUCTION,
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      headers: Object.fromEntries(
        Object.entries(ANSWER_HEADERS).map(([name, description]) => [
          name,
          { description, schema: { type: 'string' } },
        ]),
      ) as Json,
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: REQUEST_HEADERS.Authorization } },
      schemas: componentSchemas(routes),
    },
  };
}

function operationOf(route: RouteDeclaration): Json {
  return {
    operationId: route.id,
    tags: [route.tag],
    summary: route.summary,
    ...(route.open ? { security: [] } : {}),
    parameters: [...parametersOf('path', route), ...parametersOf('query', route), ...requestHeadersOf(route)],
    ...(takesBody(route) ? { requestBody: bodyOf(route) } : {}),
    responses: { [route.status]: answerOf(route), ...refusalsOf(route) },
  };
}

function parametersOf(place: 'path' | 'query', route: RouteDeclaration): readonly Json[] {
  const part = place === 'path' ? 'params' : 'query';
  return Object.entries(route[part].shape as Record<string, z.ZodType>).map(([name, schema]) => ({
    name,
    in: place,
    required: !schema.safeParse(undefined).success,
    description: wordsOf(name, route.id),
    schema: schemaOf(schema),
    ...examplesOf(route, (example) => example[part]?.[name]),
  }));
}

function requestHeadersOf(route: RouteDeclaration): readonly Json[] {
  const changes = route.method !== 'GET';
  const names = [
    ...(route.open ? [] : (['X-Request-Id'] as const)),
    ...(changes ? (['Idempotency-Key'] as const) : []),
    ...(route.ifMatch ? (['If-Match'] as const) : []),
  ];
  return names.map((name) => ({
    name,
    in: 'header',
    description: REQUEST_HEADERS[name],
    schema: name === 'If-Match' ? { type: 'string' } : schemaOf(RequestId),
    ...examplesOf(route, ({ headers }) => headers?.[name]),
  }));
}

function bodyOf(route: RouteDeclaration): Json {
  return {
    required: !route.body.safeParse(undefined).success,
    content: { [JSON_TYPE]: { schema: bodySchema(route), ...examplesOf(route, ({ body }) => body) } },
  };
}

function answerOf(route: RouteDeclaration): Json {
  const { status, contentType, etag, links } = route;
  const content = () => ({
    [contentType]: { schema: answerSchema(route), ...examplesOf(route, ({ answer }) => answer) },
  });
  return {
    description: DONE[status],
    headers: headersOf('X-Request-Id', ...(etag ? (['ETag'] as const) : [])),
    ...(status === 204 ? {} : { content: content() }),
    ...(Object.keys(links).length === 0 ? {} : { links: linksOf(route) }),
  };
}

function linksOf({ links }: RouteDeclaration): Json {
  const entries = Object.entries(links).map(([name, { operation, parameters, body }]) => [
    name,
    {
      operationId: operation,
      ...(parameters && { parameters: sourcesOf(parameters, (source) => source) }),
      // Within a literal an expression stands in braces.
      ...(body && { requestBody: sourcesOf(body, (source) => `{${source}}`) }),
    },
  ]);
  return Object.fromEntries(entries) as Json;
}

function sourcesOf(pointers: Readonly<Record<string, string>>, write: (source: string) => string): Json {
  const entries = Object.entries(pointers).map(([name, pointer]) => [name, write(`$response.body#${pointer}`)]);
  return Object.fromEntries(entries) as Json;
}

/** A body that is too large is refused before anybody asks whether there should be one. */
function codesOf(route: RouteDeclaration): ReadonlySet<Code> {
  return new Set([...(route.open ? [] : GUARDED), ...(route.method === 'GET' ? [] : TOO_LARGE), ...route.codes]);
}

/** Codes that share a status share a response, and its description and schema tell them apart. */
function refusalsOf(route: RouteDeclaration): Json {
  const byStatus = Object.groupBy(codesOf(route), (code) => String(STATUS[code]));
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, group = []]) => {
      const examples = examplesOf(route, ({ refusal }) => {
        if (refusal === undefined || !group.includes(refusal.code)) return undefined;
        return problemOf(new Refusal(refusal.code, refusal.detail), SOME_REQUEST_ID);
      });
      return [
        status,
        {
          description: group.join(', '),
          headers: headersOf('X-Request-Id', ...refusalHeaders(status)),
          content: { [PROBLEM_TYPE]: { schema: problemSchema(group), ...examples } },
        },
      ];
    }),
  );
}

function refusalHeaders(status: string): readonly (keyof typeof ANSWER_HEADERS)[] {
  if (status === '401') return ['WWW-Authenticate'];
  return status === '503' || status === '429' ? ['Retry-After'] : [];
}

function headersOf(...names: readonly (keyof typeof ANSWER_HEADERS)[]): Json {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** What each example of the route has in one place, if any has; its name is the same in all places. */
function examplesOf(route: RouteDeclaration, valueOf: (example: Example) => unknown): Json {
  const found = Object.entries(route.examples)
    .map(([name, example]) => [name, { summary: example.summary, value: valueOf(example) }] as const)
    .filter(([, { value }]) => value !== undefined);
  return found.length === 0 ? {} : { examples: Object.fromEntries(found) };
}
