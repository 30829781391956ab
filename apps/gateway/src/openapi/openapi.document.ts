/** The OpenAPI 3.1 document, made of the route declarations and of the very schemas that parse. */
import {
  AuditEntry,
  AuditEventPage,
  RequestId,
  SecretDescription,
  SecretUsage,
  WorkspaceDescription,
  type Code,
} from '@keytrail/contracts';
import { z } from 'zod';
import { Problem, PROBLEM_TYPE, STATUS } from '../http/problem.js';
import type { RouteDeclaration } from '../http/route-declaration.js';

type Json = Record<string, unknown>;

/** What several routes answer is described once. `JsonValue` has to be: it contains itself. */
const ANSWERS = {
  WorkspaceDescription,
  SecretDescription,
  SecretUsage,
  AuditEventPage,
  AuditEntry,
  Problem,
  JsonValue: AuditEntry.shape.details.valueType,
};

/** The refusals of every route that wants a token. */
const GUARDED: readonly Code[] = [
  'request.malformed',
  'auth.missing',
  'auth.invalid',
  'access.denied',
  'internal',
  'service.overloaded',
  'service.unavailable',
  'request.deadline_exceeded',
];

export function openApiDocument(routes: readonly RouteDeclaration[]): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(route);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Keytrail',
      version: '1',
      description:
        'Every operation on a secret is an event that is durable before it is answered. No answer has a value.',
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: { ...requestSchemas(routes), ...answerSchemas() },
    },
  };
}

function operationOf(route: RouteDeclaration): Json {
  return {
    operationId: route.id,
    summary: route.summary,
    ...(route.open ? { security: [] } : {}),
    parameters: [...parametersOf('path', route.params), ...parametersOf('query', route.query), ...headersOf(route)],
    ...(takesBody(route)
      ? {
          requestBody: {
            required: !route.body.safeParse(undefined).success,
            content: { 'application/json': { schema: reference(requestName(route)) } },
          },
        }
      : {}),
    responses: { [route.status]: answerOf(route), ...refusalsOf(route) },
  };
}

function parametersOf(place: 'path' | 'query', schema: z.ZodObject): readonly Json[] {
  return Object.entries(schema.shape).map(([name, parameter]) => ({
    name,
    in: place,
    required: !(parameter as z.ZodType).safeParse(undefined).success,
    schema: schemaOf(parameter as z.ZodType),
  }));
}

function headersOf({ open, method, ifMatch }: RouteDeclaration): readonly Json[] {
  const header = (name: string, description: string, schema: Json): Json => ({
    name,
    in: 'header',
    description,
    schema,
  });
  const id = schemaOf(RequestId);
  return [
    ...(open ? [] : [header('X-Request-Id', 'Stands in the answer, in logs and in events; made where absent', id)]),
    ...(method === 'POST' ? [header('Idempotency-Key', 'A repeated change has one effect and one answer', id)] : []),
    ...(ifMatch ? [header('If-Match', 'The revision that the change is based on', { type: 'string' })] : []),
  ];
}

function answerOf({ answer, etag }: RouteDeclaration): Json {
  const name = Object.entries(ANSWERS).find(([, schema]) => schema === answer)?.[0];
  return {
    description: 'Done',
    ...(etag ? { headers: { ETag: { description: 'The revision, in quotes', schema: { type: 'string' } } } } : {}),
    content: { 'application/json': { schema: name === undefined ? schemaOf(answer, 'output') : reference(name) } },
  };
}

/** Codes that share a status share a response, and its description tells them apart. */
function refusalsOf(route: RouteDeclaration): Json {
  const codes = new Set([...(route.open ? [] : GUARDED), ...(takesBody(route) ? tooLarge : []), ...route.codes]);
  const byStatus = Object.groupBy(codes, (code) => String(STATUS[code]));
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, group = []]) => [
      status,
      { description: group.join(', '), content: { [PROBLEM_TYPE]: { schema: reference('Problem') } } },
    ]),
  );
}

const tooLarge: readonly Code[] = ['request.too_large'];

const takesBody = ({ body }: RouteDeclaration): boolean => !(body instanceof z.ZodUndefined);

const requestName = ({ id }: RouteDeclaration): string => `${id.charAt(0).toUpperCase()}${id.slice(1)}Request`;

const uri = (name: string): string => `#/components/schemas/${name}`;

const reference = (name: string): Json => ({ $ref: uri(name) });

function requestSchemas(routes: readonly RouteDeclaration[]): Json {
  return Object.fromEntries(routes.filter(takesBody).map((route) => [requestName(route), schemaOf(route.body)]));
}

function answerSchemas(): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(ANSWERS)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { io: 'output', uri });
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, bare(schema)]));
}

/** As JSON Schema 2020-12, which is the dialect of OpenAPI 3.1. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output' = 'input'): Json {
  return bare(z.toJSONSchema(schema, { io }));
}

/** The document says for all its schemas what zod says for each: dialect and place. */
function bare({ $schema, $id, ...schema }: Json): Json {
  return schema;
}
