/** Rejections of the kernel in the words of the wire. */
import type { Code, RpcReply } from '@keytrail/contracts';
import { rpcError } from '@keytrail/contracts';
import type { ExecuteRejection, Rejection } from '@keytrail/eventsourcing';

/** `conflict` is the code of the aggregate whose revision has moved on. */
export function refusal(rejection: Rejection<Code> | ExecuteRejection, conflict: Code): RpcReply<never> {
  const { code, message } = rejection;
  if (code === 'conflict') return { ok: false, error: rpcError(conflict, message) };
  if (code === 'command_id_reused') return { ok: false, error: rpcError('request.command_id_reused', message) };
  return { ok: false, error: rpcError(code, message) };
}
