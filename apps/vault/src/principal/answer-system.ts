/** Parses a request about what belongs to no workspace, and holds it to the subject that it came by. */
import { type RpcReply, SYSTEM_WORKSPACE, type Workspace } from '@keytrail/contracts';
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

/** A role is bound by whoever may in its workspace, or above all of them. */
export function answerOfRole<S extends z.ZodType<{ readonly workspace: Workspace }>, T>(
  schema: S,
  { body, rpc }: { readonly body: unknown; readonly rpc: RpcRequest },
  run: (request: z.infer<S>) => Promise<RpcReply<T>>,
): Promise<RpcReply<T>> {
  const { workspace } = rpc.address;
  return answer(schema, body, async (request) => {
    if (workspace === SYSTEM_WORKSPACE || workspace === request.workspace) return run(request);
    return refused('request.malformed', 'workspace is not the one that the request was addressed to');
  });
}
