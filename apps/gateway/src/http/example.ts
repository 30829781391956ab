/** Examples as data: they stand in the OpenAPI document, and a test sends every one of them to a running system. */
import type { Code } from '@keytrail/contracts';
import type { z } from 'zod';

/** One request, and how it is answered. */
export interface Example<
  P extends z.ZodObject = z.ZodObject,
  Q extends z.ZodObject = z.ZodObject,
  B extends z.ZodType = z.ZodType,
  A extends z.ZodType = z.ZodType,
> {
  /** A few words for a person. */
  readonly summary: string;
  readonly params?: z.input<P>;
  readonly query?: z.input<Q>;
  /** Those that the document declares: `Idempotency-Key`, `If-Match`, `X-Request-Id`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: z.input<B>;
  /** The answer's body, or, in its place, how the request is refused. */
  readonly answer?: z.input<A>;
  readonly refusal?: Refused;
}

/** `detail` is what a service may say; only the code is stable. */
export interface Refused {
  readonly code: Code;
  readonly detail: string;
}

/**
 * What an answer tells of another operation's request, as OpenAPI's Link Object says it: `{ operation: 'getFinding',
 * parameters: { id: '/items/0/id' } }`, where each value is a JSON Pointer (RFC 6901) into the answer's body.
 */
export interface Link {
  readonly operation: string;
  /** Of its path or query. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Members of its body. */
  readonly body?: Readonly<Record<string, string>>;
}
