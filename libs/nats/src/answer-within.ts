/** Parses a request about a secret and holds it to the workspace that its subject names. */
import { partsOf, type Reference, type RpcReply } from '@keytrail/contracts';
import type { z } from 'zod';
import { answer, refused } from './answer.js';
import type { RpcRequest } from './rpc-request.js';

/** The subject is what NATS let the caller publish to, so the reference in the body must agree with it. */
export function answerWithin<S extends z.ZodType<{ readonly reference: Reference }>, T>(
  schema: S,
  { body, rpc }: { readonly body: unknown; readonly rpc: RpcRequest },
  run: (request: z.infer<S>) => Promise<RpcReply<T>>,
): Promise<RpcReply<T>> {
  return answer(schema, body, (request) =>
    partsOf(request.reference).workspace === rpc.address.workspace ? run(request) : Promise.resolve(elsewhere),
  );
}

const elsewhere = refused('request.malformed', 'reference is not of the workspace that the request was addressed to');
