/** A benchmark measures what is served: where something is refused, its figures would be of something else. */
import type { RpcReply } from '@keytrail/contracts';

/** What the request was answered; throws where it was refused. */
export function served<T>(reply: RpcReply<T>): T {
  if (!reply.ok) throw new Error(`a request was refused: ${reply.error.code}, ${reply.error.message}`);
  return reply.value;
}
