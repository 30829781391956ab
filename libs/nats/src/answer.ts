/** What an RPC handler says: parse the body, run, and answer in the form of the wire. */
import type { Code, RpcReply } from '@keytrail/contracts';
import { parse, rpcError, sentenceOf } from '@keytrail/contracts';
import type { z } from 'zod';

/** Runs `run` with the parsed body; a body that does not fit is answered `request.malformed` with every issue. */
export async function answer<S extends z.ZodType, T>(
  schema: S,
  body: unknown,
  run: (input: z.infer<S>) => Promise<RpcReply<T>>,
): Promise<RpcReply<T>> {
  const parsed = parse(schema, body);
  if (parsed.ok) return run(parsed.value);
  const message = `the request is not well-formed: ${sentenceOf(parsed.issues)}`;
  return { ok: false, error: rpcError('request.malformed', message, parsed.issues) };
}

export function ok<T>(value: T): RpcReply<T> {
  return { ok: true, value };
}

/** `message` says what was wrong and what to do; it never quotes a value. */
export function refused(code: Code, message: string): Extract<RpcReply<never>, { readonly ok: false }> {
  return { ok: false, error: rpcError(code, message) };
}
