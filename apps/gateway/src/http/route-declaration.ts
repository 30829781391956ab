/** One route of the API as data: the very objects declared here parse its requests and stand in the OpenAPI document. */
import type { Code } from '@keytrail/contracts';
import { z } from 'zod';

/** What a route takes and answers. Unless `open`, it wants a bearer token. */
export interface RouteDeclaration<
  P extends z.ZodObject = z.ZodObject,
  Q extends z.ZodObject = z.ZodObject,
  B extends z.ZodType = z.ZodType,
  A extends z.ZodType = z.ZodType,
> {
  /** The OpenAPI operation id. */
  readonly id: string;
  readonly method: 'GET' | 'POST';
  /** As OpenAPI writes it: `/api/v1/secrets/{ref}`. */
  readonly path: string;
  readonly summary: string;
  readonly params: P;
  readonly query: Q;
  /** The keys of the query that are integers. */
  readonly integers: ReadonlySet<string>;
  readonly body: B;
  readonly status: 200 | 201;
  readonly answer: A;
  /** The refusals that are its own, besides those that any route may answer. */
  readonly codes: readonly Code[];
  readonly open: boolean;
  /** The answer has a `revision`, which is sent as its `ETag`. */
  readonly etag: boolean;
  /** Takes `If-Match: <revision>`. */
  readonly ifMatch: boolean;
}

type Essential = 'id' | 'method' | 'path' | 'summary' | 'answer';
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
  const defaults = { status: 200, codes: [], open: false, etag: false, ifMatch: false } as const;
  const inputs = { params: Nothing, query: Nothing, body: z.undefined() };
  const integers = integersOf(declaration.query ?? Nothing);
  // The defaults fit: a type parameter whose property is left out is its own default.
  return { ...defaults, ...inputs, ...declaration, integers } as unknown as RouteDeclaration<P, Q, B, A>;
}

function integersOf(query: z.ZodObject): ReadonlySet<string> {
  const { properties = {} } = z.toJSONSchema(query, { io: 'input' });
  return new Set(Object.keys(properties).filter((name) => (properties[name] as { type?: string }).type === 'integer'));
}
