/** Rejections of the kernel in the words of the wire. */
import type { Code, RpcReply } from '@keytrail/contracts';
import { rpcError } from '@keytrail/contracts';
import type { ExecuteRejection, Rejection } from '@keytrail/eventsourcing';

/** Thrown by a permit's renewal: a right was withdrawn while a request was on its way. It is answered with `reply`. */
export class PermissionWithdrawn extends Error {
  override readonly name = 'PermissionWithdrawn';
  constructor(readonly reply: RpcReply<never>) {
    super('what permitted this request was withdrawn meanwhile');
  }
}

/** `conflict` is the code of the aggregate whose revision has moved on. */
export function refusal(rejection: Rejection<Code> | ExecuteRejection, conflict: Code): RpcReply<never> {
  const { code, message } = rejection;
  if (code === 'conflict') return { ok: false, error: rpcError(conflict, message) };
  if (code === 'command_id_reused') return { ok: false, error: rpcError('request.command_id_reused', message) };
  return { ok: false, error: rpcError(code, message) };
}
