/** What a request says of itself becomes what its events say. */
import type { EventDetail } from '@keytrail/contracts';
import { canonicalJson, sha256Hex } from '@keytrail/crypto';
import type { RequestFacts } from '@keytrail/eventsourcing';
import type { RpcRequest } from './rpc-request.js';

/** The facts of a read: it has no command id, for a repeated access is an access of its own. */
export function factsOf(request: RpcRequest, detail: EventDetail): RequestFacts {
  const { address, actor, via, requestId, traceparent, edge, deadlineMs, permit } = request;
  return {
    workspace: address.workspace,
    principal: actor,
    ...(via !== undefined && { via }),
    requestId,
    ...(traceparent !== undefined && { traceparent }),
    detail: {
      ...(edge?.ip !== undefined && { ip: edge.ip }),
      ...(edge?.userAgent !== undefined && { userAgent: edge.userAgent }),
      ...detail,
    },
    deadlineMs,
    ...(permit && { permit }),
  };
}

/**
 * The facts of a change. `meaning` is all that the change asks for, with a fingerprint in place of a value: the digest
 * tells a repeated command from another one under the same id.
 */
export function factsOfChange(request: RpcRequest, meaning: object, detail: EventDetail): RequestFacts {
  const { address, commandId } = request;
  const asked = { aggregate: address.aggregate, verb: address.verb, ...meaning };
  const command = commandId && { id: commandId, digest: sha256Hex(Buffer.from(canonicalJson(asked))) };
  return { ...factsOf(request, detail), ...(command && { command }) };
}
