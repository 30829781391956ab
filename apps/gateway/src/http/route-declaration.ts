/**
 * One route of the API as data: the very objects declared here parse its requests and stand in the OpenAPI document.
 */
import type { Code } from '@keytrail/contracts';
import { z } from 'zod';
import type { Example, Link } from './example.js';

/** The rooms of the API, as the document groups its operations. */
export type Tag =
  'Workspaces' | 'Secrets' | 'Access' | 'Rotation' | 'Audit' | 'Findings' | 'Parked messages' | 'Gateway';

export const JSON_TYPE = 'application/json';

/** JSON texts, one a line. */
export const LINES_TYPE = 'application/x-ndjson';

/** What a route takes and answers. Unless `open`, it wants a bearer token. */
export interface RouteDeclaration<
  P extends z.ZodObject = z.ZodObject,
  Q extends z.ZodObject = z.ZodObject,
  B extends z.ZodType = z.ZodType,
  A extends z.ZodType = z.ZodType,
> {
  /** The OpenAPI operation id. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As OpenAPI writes it: `/api/v1/secrets/{ref}`. */
  readonly path: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly params: P;
  readonly query: Q;
  /** The parts of the path and the keys of the query that are integers. */
  readonly integers: ReadonlySet<string>;
  readonly body: B;
  /** 204: there is nothing to tell, and `answer` is undefined. */
  readonly status: 200 | 201 | 204;
  readonly answer: A;
  /** Of the answer; anything but JSON is sent as the text that the handler returns, or as the stream of it. */
  readonly contentType: string;
  /** The refusals that are its own, besides those that any route may answer. */
  readonly codes: readonly Code[];
  readonly open: boolean;
  /** The answer has a `revision`, which is sent as its `ETag`. */
  readonly etag: boolean;
  /** Takes `If-Match: <revision>`. */
  readonly ifMatch: boolean;
  /** By name; the first is the rule, and those behind it show refusals and variants. */
  readonly examples: Readonly<Record<string, Example<P, Q, B, A>>>;
  /** By name: which parts of other operations' requests this answer tells. */
  readonly links: Readonly<Record<string, Link>>;
}

type Essential = 'id' | 'method' | 'path' | 'tag' | 'summary' | 'answer' | 'examples';
type Derived = 'integers';

const Nothing = z.strictObject({});
type Nothing = typeof Nothing;

/** Declares a route; what is left out takes nothing, answers 200, wants a token. */
export function route<
  A extends z.ZodType,
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  B extends z.ZodType = z.ZodUndefined,
>(
  declaration: Pick<RouteDeclaration<P, Q, B, A>, Essential> & Omit<Partial<RouteDeclaration<P, Q, B, A>>, Derived>,
): RouteDeclaration<P, Q, B, A> {
  const answers = { status: 200, contentType: JSON_TYPE, codes: [], etag: false, links: {} } as const;
  const takes = { open: false, ifMatch: false, params: Nothing, query: Nothing, body: z.undefined() };
  const { params = Nothing, query = Nothing } = declaration;
  const integers = new Set([...integersOf(params), ...integersOf(query)]);
  // The defaults fit: a type parameter whose property is left out is its own default.
  return { ...answers, ...takes, ...declaration, integers } as unknown as RouteDeclaration<P, Q, B, A>;
}

function integersOf(schema: z.ZodObject): readonly string[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' });
  return Object.keys(properties).filter((name) => (properties[name] as { type?: string }).type === 'integer');
}
