/** What a caller is told of a thrown fault: its code where it is one of ours, nothing of its text. */
import type { Code, RpcError } from '@keytrail/contracts';
import { rpcError } from '@keytrail/contracts';

const MESSAGES: ReadonlyMap<unknown, readonly [Code, string]> = new Map(
  Object.entries({
    'journal.unavailable':
      'the journal is not available at the moment; if this was a change, it may or may not have been made: repeat it with the same command id',
    'service.overloaded': 'the service is overloaded; try again later',
    'service.unavailable': 'a service that is needed for this is not available at the moment; try again',
    'request.deadline_exceeded': 'the deadline passed before the work was done; try again with more time',
  } satisfies Partial<Record<Code, string>>).map(([code, message]) => [code, [code as Code, message]]),
);

/**
 * Null where the error is not a known fault. It is known by its `code`, so that every journal may throw its own class.
 */
export function faultOf(error: unknown): RpcError | null {
  const known = MESSAGES.get((error as { readonly code?: unknown } | null | undefined)?.code);
  return known === undefined ? null : rpcError(...known);
}
