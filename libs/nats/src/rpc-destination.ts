/** What the subject of a request says, read once: nearly all have a subject that came before. */
import { parseRpcSubject, replyPrefix, type RpcAddress } from '@keytrail/contracts';
import { LRUCache } from 'lru-cache';

export interface RpcDestination {
  readonly address: RpcAddress;
  /** `<aggregate>.<verb>` */
  readonly operation: string;
  /** Below this, and nowhere else, is the sender answered. */
  readonly replyPrefix: string;
}

/** Each caller has one for each operation that it asks for. */
const REMEMBERED = 10_000;

/** Null where a subject is not of the grammar; those are not remembered. */
export function rpcDestinations(): (subject: string) => RpcDestination | null {
  const known = new LRUCache<string, RpcDestination>({ max: REMEMBERED });
  return (subject) => known.get(subject) ?? read(subject);

  function read(subject: string): RpcDestination | null {
    const address = parseRpcSubject(subject);
    if (address === null) return null;
    const { principal, conn, aggregate, verb } = address;
    const destination = { address, operation: `${aggregate}.${verb}`, replyPrefix: replyPrefix(principal, conn) };
    known.set(subject, destination);
    return destination;
  }
}
