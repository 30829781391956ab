/** The envelope of a request over NATS and of its reply. */
import { z } from 'zod';
import type { Code } from './codes.js';
import { isRetryable } from './codes.js';
import { TokenId } from './ids.js';
import type { Issue } from './parse.js';

/** Header names; `deadline` is in epoch milliseconds. */
export const RPC_HEADERS = {
  requestId: 'kt-request-id',
  deadline: 'kt-deadline',
  commandId: 'kt-command-id',
  onBehalfOf: 'kt-on-behalf-of',
  traceparent: 'traceparent',
  session: 'kt-session',
  /** Counts the requests of a session from 1; each is served once. */
  counter: 'kt-counter',
  /** HMAC-SHA-256 over all of this and the body, base64url. */
  mac: 'kt-mac',
  /** The edge's own words about its caller: base64url JSON of `EdgeDetail`. */
  edge: 'kt-edge',
} as const;

/** What the HTTP edge saw of its caller: address and user agent go into the event's detail. */
export const EdgeDetail = z.strictObject({
  ip: z.string().max(64).optional(),
  userAgent: z.string().max(512).optional(),
  /** The API token that was shown: what is asked is within its scopes, and ends with it. */
  tokenId: TokenId.optional(),
});
export type EdgeDetail = z.infer<typeof EdgeDetail>;

/** Why a request was not served; `message` says what was wrong and what to do, and never quotes a value. */
export interface RpcError {
  readonly code: Code;
  readonly message: string;
  readonly retryable: boolean;
  readonly details?: { readonly issues: readonly Issue[] };
}

export type RpcReply<T = unknown> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: RpcError };

/** A refusal in the form of the wire. */
export function rpcError(code: Code, message: string, issues?: readonly Issue[]): RpcError {
  return { code, message, retryable: isRetryable(code), ...(issues === undefined ? {} : { details: { issues } }) };
}

const ReplyEnvelope = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({
    ok: z.literal(false),
    error: z.object({
      code: z.string(),
      message: z.string(),
      retryable: z.boolean(),
      details: z.object({ issues: z.array(z.object({ path: z.string(), message: z.string() })) }).optional(),
    }),
  }),
]);

/** Reads a reply off the wire; null where it is not one. A newer service may know codes that this program does not. */
export function parseReply(input: unknown): RpcReply | null {
  const result = ReplyEnvelope.safeParse(input);
  return result.success ? (result.data as RpcReply) : null;
}
