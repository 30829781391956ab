/** Parses a request about what belongs to no workspace, and holds it to the subject that it came by. */
import { type RpcReply, SYSTEM_WORKSPACE } from '@keytrail/contracts';
import { answer, refused, type RpcRequest } from '@keytrail/nats';
import type { z } from 'zod';

/** Roles are bound by workspace: who may ask in one of them must not reach what stands above all. */
export function answerSystem<S extends z.ZodType, T>(
  schema: S,
  { body, rpc }: { readonly body: unknown; readonly rpc: RpcRequest },
  run: (request: z.infer<S>) => Promise<RpcReply<T>>,
): Promise<RpcReply<T>> {
  return answer(schema, body, async (request) => {
    if (rpc.address.workspace === SYSTEM_WORKSPACE) return run(request);
    return refused('request.malformed', `this belongs to no workspace: address the request to ${SYSTEM_WORKSPACE}`);
  });
}
