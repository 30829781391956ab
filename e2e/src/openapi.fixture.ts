/** The OpenAPI document as a client reads it: its operations, its examples as requests, its schemas as judges. */
import { Ajv2020 } from 'ajv/dist/2020.js';

interface Shown {
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

interface Parameter extends Shown {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
}

/** Each parameter is `$response.body#<JSON Pointer>`, each member of a body the same in braces. */
interface Link {
  readonly operationId: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly requestBody?: Readonly<Record<string, string>>;
}

interface Described {
  readonly operationId: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Shown>> };
  readonly responses: Readonly<
    Record<
      string,
      { readonly content?: Readonly<Record<string, Shown>>; readonly links?: Readonly<Record<string, Link>> }
    >
  >;
}

export interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}

export interface Operation extends Described {
  readonly path: string;
  readonly method: string;
}

/** One request with the answer that the document shows; `answer` is undefined where there is none. */
export interface Example {
  readonly operation: Operation;
  readonly name: string;
  readonly status: number;
  readonly answer: unknown;
}

/** A request as `fetch` takes it; `url` begins with the path. */
export interface ExampleRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** Values by the names of what an operation takes in its path, its query or its body. */
export type ToldValues = Readonly<Record<string, unknown>>;

/** In the order of the document, but what deletes last: it takes away what others speak of. */
export function operationsOf({ paths }: OpenApiDocument): readonly Operation[] {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, path, method })),
  );
  return operations.toSorted((a, b) => Number(a.method === 'delete') - Number(b.method === 'delete'));
}

/** The examples of an operation, in their order. What no answer shows is answered with nothing. */
export function examplesOf(operation: Operation): readonly Example[] {
  const answers = Object.entries(operation.responses).flatMap(([status, { content = {} }]) =>
    Object.values(content).flatMap(({ examples = {} }) =>
      Object.entries(examples).map(([name, { value }]) => ({ name, status: Number(status), answer: value })),
    ),
  );
  return namesIn(operation).map((name) => {
    const { status = 204, answer } = answers.find((shown) => shown.name === name) ?? {};
    return { operation, name, status, answer };
  });
}

/** The path and the body show the examples in their order; a request that has neither is told by its other parts. */
function namesIn({ parameters, requestBody, responses }: Operation): readonly string[] {
  const contents = [requestBody, ...Object.values(responses)].flatMap((part) => Object.values(part?.content ?? {}));
  const places = [...parameters.filter((parameter) => parameter.in === 'path'), ...contents, ...parameters];
  return [...new Set(places.flatMap(({ examples = {} }) => Object.keys(examples)))];
}

/** What to send for an example; `known` values, from an earlier answer, come before its own. */
export function requestOf({ operation, name }: Example, known: ToldValues = {}): ExampleRequest {
  const { method, path, parameters, requestBody } = operation;
  const valuesIn = (place: Parameter['in']) =>
    parameters
      .filter((parameter) => parameter.in === place && parameter.examples?.[name])
      .map((parameter): [string, string] => [parameter.name, String(parameter.examples?.[name]?.value)]);
  const parts: ToldValues = { ...Object.fromEntries(valuesIn('path')), ...known };
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, part: string) => encodeURIComponent(String(parts[part])));
  const queried = valuesIn('query').map(([key, value]): [string, string] => [
    key,
    key in known ? String(known[key]) : value,
  ]);
  const query = new URLSearchParams(queried).toString();
  const content = requestBody?.content['application/json']?.examples?.[name];
  return {
    url: query === '' ? filled : `${filled}?${query}`,
    method: method.toUpperCase(),
    headers: { ...(content && { 'content-type': 'application/json' }), ...Object.fromEntries(valuesIn('header')) },
    body: content ? JSON.stringify(withKnown(content.value, known)) : null,
  };
}

const withKnown = (body: unknown, known: ToldValues): object =>
  Object.fromEntries(Object.entries(body as object).map(([key, value]) => [key, known[key] ?? value]));

/** By operation: the values that an answer tells of others, or null where it has none to tell. */
export function linksIn({ operation, status }: Example, answer: unknown): ReadonlyMap<string, ToldValues | null> {
  const links = Object.values(operation.responses[status]?.links ?? {});
  return new Map(
    links.map(({ operationId, parameters, requestBody }) => {
      const sources = Object.entries({ ...parameters, ...requestBody });
      const values = sources.map(([name, source]) => [name, valueAt(answer, source.replaceAll(/[{}]/g, ''))] as const);
      const isTold = values.every(([, value]) => value !== undefined);
      return [operationId, isTold ? Object.fromEntries(values) : null];
    }),
  );
}

/** RFC 6901, without its escapes. */
function valueAt(answer: unknown, source: string): unknown {
  const [, ...steps] = source.split('/');
  return steps.reduce((node, step) => (node as Record<string, unknown> | undefined)?.[step], answer);
}

/** Holds values against the document's own schemas; returns what is wrong, an empty list where nothing is. */
export interface Judge {
  /** `value` against the schema at a path of keys into the document. */
  faultsOf(schema: readonly string[], value: unknown): readonly string[];
}

export function judgeOf(document: OpenApiDocument): Judge {
  // A format says nothing that its pattern does not.
  const ajv = new Ajv2020({ allErrors: true, validateFormats: false, strict: true });
  ajv.addVocabulary(Object.keys(document));
  ajv.addSchema(document, 'openapi');
  return {
    faultsOf: (schema, value) => {
      const pointer = schema.map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1')));
      ajv.validate({ $ref: `openapi#/${pointer.join('/')}` }, value);
      return (ajv.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
    },
  };
}
