/** What a service's reply means to an HTTP caller: its value, or a refusal. */
import type { Code, RpcReply } from '@keytrail/contracts';
import { Refusal } from '../http/problem.js';

/** Said of the gateway, which asks in a session of its own: its caller can do nothing about it. */
const OF_THE_GATEWAY: ReadonlySet<Code> = new Set<Code>(['auth.session_invalid', 'auth.invalid']);

/** Throws a `Refusal` with the service's own code. */
export function valueOf<T>(reply: RpcReply<T>): T {
  if (reply.ok) return reply.value;
  const { code, message, details } = reply.error;
  if (OF_THE_GATEWAY.has(code))
    throw new Refusal('auth.session_invalid', 'a service does not know the gateway at the moment: try again');
  throw new Refusal(code, message, details?.issues);
}
