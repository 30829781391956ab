/** Requests that no event stands for: each is served once all the same, and forgotten when nobody can repeat it. */
import { LIMITS } from '@keytrail/contracts';
import type { SessionRequest } from '@keytrail/eventsourcing';
import { sql } from 'kysely';
import { int8Array, uuidArray } from './binary-array.js';
import type { Database } from './database.js';
import { isOfOneItem } from './fault.js';
import { groupCommit } from './group-commit.js';
import { readRows } from './read-rows.js';

/** Rejects with `JournalUnavailable` where the database cannot tell; then it counts as served or not, nobody knows. */
export type ServeOnce = (request: SessionRequest) => Promise<boolean>;

/**
 * Tells whether a request of a session is now served for the first time, here or on another replica. Those that are
 * asked about together go together; one whose deadline passes before its turn is rejected, and not served.
 */
export function serveOnce(database: Database): ServeOnce {
  const enqueue = groupCommit<SessionRequest, boolean>({
    commit: (requests) => serveAllOnce(database, requests),
    isOfOneItem,
    batchItems: LIMITS.commitItems,
    commits: STATEMENTS,
    queueItems: LIMITS.queueLength,
  });
  return (request) => enqueue(request, request.deadlineMs);
}

/** A second is begun while one is under way, for many. */
const STATEMENTS = 2;

/**
 * The same of these, in their order: of one that is given twice the first may be, the second is not. Nor is one whose
 * deadline lies a minute behind the database's clock, for it may have been forgotten.
 */
export async function serveAllOnce(
  database: Database,
  requests: readonly SessionRequest[],
): Promise<readonly boolean[]> {
  const nameOf = ({ session, counter }: Served): string => `${session} ${counter}`;
  if (requests.length === 0) return [];
  const served = await readRows(
    database,
    sql<Served>`
      insert into served_request (slot, session, counter)
      select slot, session, counter
        from unnest(${uuidArray(requests.map(({ session }) => session))}::uuid[],
                    ${int8Array(requests.map(({ counter }) => counter))}::bigint[],
                    ${int8Array(requests.map(({ deadlineMs }) => deadlineMs))}::bigint[])
             as asked (session, counter, deadline)
       cross join lateral served_slot(deadline, epoch_ms(clock_timestamp())) as slot
       where slot is not null
       order by slot, session, counter
      on conflict do nothing returning session, counter`,
  );
  const fresh = new Set(served.map(nameOf));
  return requests.map((request) => fresh.delete(nameOf(request)));
}

interface Served {
  readonly session: string;
  readonly counter: string | number;
}

/** Forgets those whose deadline lies so far behind that they are refused for it. */
export async function forgetServedRequests(database: Database): Promise<void> {
  await sql`select forget_served_requests()`.execute(database);
}
