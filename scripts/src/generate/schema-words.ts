/** A JSON Schema in words that fit into a table's cell, such as `integer from 1` or `"manual" or "schedule"`. */
import {
  Digest,
  EventId,
  Principal,
  RequestId,
  Scope,
  Timestamp,
  TokenId,
  Traceparent,
  VaultKey,
  WorkspaceSlug,
} from '@keytrail/contracts';

/** What of JSON Schema the vocabulary uses. */
export interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
}

/** A zod schema as JSON Schema 2020-12. */
export const jsonSchemaOf = (schema: { toJSONSchema(): unknown }): JsonSchema => schema.toJSONSchema() as JsonSchema;

/** Texts of these grammars have a name. */
const GRAMMARS = new Map(
  Object.entries({
    UUIDv7: EventId,
    'digest (hexadecimal)': Digest,
    'time (RFC 3339, UTC)': Timestamp,
    principal: Principal,
    'request id': RequestId,
    'traceparent (W3C)': Traceparent,
    'workspace slug': WorkspaceSlug,
    'token id': TokenId,
    'scope (`aggregate.verb`)': Scope,
    'vault key': VaultKey,
  }).map(([name, schema]) => [jsonSchemaOf(schema).pattern, name]),
);

/** Throws where the vocabulary uses something new: then a case is missing here. */
export function wordsFor(schema: JsonSchema): string {
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum) return anyOf(schema.enum.map((value) => JSON.stringify(value)));
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return anyOf(options.map(wordsFor));
  switch (schema.type) {
    case 'string':
      return text(schema);
    case 'integer':
      return `integer${range(schema)}`;
    case 'boolean':
    case 'null':
      return schema.type;
    case 'array':
      return `list of ${wordsFor(schema.items ?? {})}`;
    case 'object':
      return object(schema);
    default:
      throw new Error(`there are no words for the schema ${JSON.stringify(schema)}`);
  }
}

const anyOf = (options: readonly string[]): string => options.join(' or ');

function text({ pattern, maxLength }: JsonSchema): string {
  if (pattern !== undefined) return GRAMMARS.get(pattern) ?? `text that matches \`${pattern.replaceAll('\\/', '/')}\``;
  return maxLength === undefined ? 'text' : `text of at most ${maxLength} characters`;
}

function range({ minimum, exclusiveMinimum, maximum = Number.MAX_SAFE_INTEGER }: JsonSchema): string {
  const least = exclusiveMinimum === undefined ? minimum : exclusiveMinimum + 1;
  if (least === undefined) return '';
  return maximum === Number.MAX_SAFE_INTEGER ? ` from ${least}` : ` from ${least} to ${maximum}`;
}

function object({ properties, required = [] }: JsonSchema): string {
  if (properties === undefined) return 'object';
  const fields = Object.entries(properties).map(
    ([name, schema]) => `${name}${required.includes(name) ? '' : '?'}: ${wordsFor(schema)}`,
  );
  return `{ ${fields.join(', ')} }`;
}
