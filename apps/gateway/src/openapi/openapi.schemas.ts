/** The schemas of the OpenAPI document: those that parse, as JSON Schema 2020-12, with words for people. */
import {
  AuditEntry,
  AuditEventPage,
  AuthenticatedCaller,
  DecidingStatement,
  Explanation,
  Finding,
  FindingPage,
  GrantDescription,
  GrantPage,
  Hours,
  IssuedToken,
  OutsideName,
  ParkedMessage,
  ParkedPage,
  PolicyCheck,
  PolicyDescription,
  PolicyList,
  PolicyStatement,
  PrincipalDescription,
  PrincipalPage,
  QuarantineDescription,
  RandomValue,
  ReplayParkedReply,
  RoleBinding,
  RotationHandler,
  RotationPolicy,
  RotationPolicyPage,
  RotationRun,
  RotationRunPage,
  SealedMessage,
  SealingKey,
  SealingKeys,
  SecretDescription,
  SecretSecurity,
  SecretUsage,
  SecretValue,
  SecretVersionDescription,
  SecuritySummary,
  TokenDescription,
  TokenList,
  WhatIfChange,
  WorkspaceDescription,
} from '@keytrail/contracts';
import { z } from 'zod';
import { WhatIfLine, WhatIfSummary } from '../access/what-if.lines.js';
import { Problem } from '../http/problem.js';
import type { RouteDeclaration } from '../http/route-declaration.js';
import { wordsOf } from './openapi.glossary.js';

export type Json = Record<string, unknown>;

/** What stands in several places is described once. `JsonValue` has to be: it contains itself. */
const SHARED: Readonly<Record<string, z.ZodType>> = {
  WorkspaceDescription,
  SecretDescription,
  SecretVersionDescription,
  SecretUsage,
  SecretSecurity,
  SecuritySummary,
  SecretValue,
  SealedMessage,
  SealingKey,
  SealingKeys,
  RotationPolicy,
  RotationPolicyPage,
  RotationHandler,
  RandomValue,
  RotationRun,
  RotationRunPage,
  AuditEventPage,
  AuditEntry,
  Finding,
  FindingPage,
  AuthenticatedCaller,
  RoleBinding,
  OutsideName,
  PrincipalDescription,
  PrincipalPage,
  TokenDescription,
  TokenList,
  IssuedToken,
  QuarantineDescription,
  GrantDescription,
  GrantPage,
  Hours,
  PolicyDescription,
  PolicyList,
  PolicyCheck,
  PolicyStatement,
  Explanation,
  DecidingStatement,
  WhatIfLine,
  WhatIfChange,
  WhatIfSummary,
  ParkedMessage,
  ParkedPage,
  ReplayParkedReply,
  Problem,
  JsonValue: AuditEntry.shape.details.valueType,
};

/** Everything below `#/components/schemas/`. */
export function componentSchemas(routes: readonly RouteDeclaration[]): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(SHARED)) registry.add(schema, { id });
  for (const route of routes.filter(takesBody)) registry.add(route.body, { id: requestName(route) });
  const { schemas } = z.toJSONSchema(registry, { io: 'input', uri });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [
      name,
      { description: wordsOf(name), ...described(bare(schema), name) },
    ]),
  );
}

export const takesBody = ({ body }: RouteDeclaration): boolean => !(body instanceof z.ZodUndefined);

/** A reference to the schema of a route's body. */
export const bodySchema = (route: RouteDeclaration): Json => reference(requestName(route));

/** A reference where the answer is one of several routes, else the schema itself. */
export function answerSchema({ id, answer }: RouteDeclaration): Json {
  const name = Object.keys(SHARED).find((key) => SHARED[key] === answer);
  return name === undefined ? described(schemaOf(answer, 'output'), id) : reference(name);
}

/** A problem document with one of the given codes. */
export function problemSchema(codes: readonly string[]): Json {
  return { allOf: [reference('Problem'), { type: 'object', properties: { code: { type: 'string', enum: codes } } }] };
}

/** As JSON Schema 2020-12, which is the dialect of OpenAPI 3.1. */
export function schemaOf(schema: z.ZodType, io: 'input' | 'output' = 'input'): Json {
  return bare(z.toJSONSchema(schema, { io }));
}

const requestName = ({ id }: RouteDeclaration): string => `${id.charAt(0).toUpperCase()}${id.slice(1)}Request`;

const uri = (name: string): string => `#/components/schemas/${name}`;

const reference = (name: string): Json => ({ $ref: uri(name) });

/** The document says for all its schemas what zod says for each: dialect and place. */
function bare({ $schema, $id, ...schema }: Json): Json {
  return schema;
}

/** Every property with its words, however deep it stands; `owner` is the schema's name. */
function described<T>(node: T, owner: string): T {
  if (typeof node !== 'object' || node === null) return node;
  if (Array.isArray(node)) return node.map((part: unknown) => described(part, owner)) as T;
  const entries = Object.entries(node).map(([key, value]: [string, unknown]) => [
    key,
    key === 'properties' ? withWords(value as Json, owner) : described(value, owner),
  ]);
  return Object.fromEntries(entries) as T;
}

function withWords(properties: Json, owner: string): Json {
  const entries = Object.entries(properties).map(([name, schema]) => [
    name,
    { description: wordsOf(name, owner), ...described(schema as Json, owner) },
  ]);
  return Object.fromEntries(entries) as Json;
}
