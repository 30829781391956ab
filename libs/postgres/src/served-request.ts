/** Requests that no event stands for: each is served once all the same, and forgotten when nobody can repeat it. */
import { LIMITS } from '@keytrail/contracts';
import type { SessionRequest } from '@keytrail/eventsourcing';
import { sql } from 'kysely';
import type { Database } from './database.js';
import { deleteInBatches } from './delete-in-batches.js';
import { isOfOneItem } from './fault.js';
import { groupCommit } from './group-commit.js';
import { readRows } from './read-rows.js';

/** Rejects with `JournalUnavailable` where the database cannot tell; then it counts as served or not, nobody knows. */
export type ServeOnce = (request: SessionRequest, deadlineMs: number) => Promise<boolean>;

/**
 * Tells whether a request of a session is now served for the first time, here or on another replica. Those that are
 * asked about together go together; one whose deadline (epoch ms) passes before its turn is rejected, and not served.
 */
export function serveOnce(database: Database): ServeOnce {
  return groupCommit<SessionRequest, boolean>({
    commit: (requests) => serveAllOnce(database, requests),
    isOfOneItem,
    batchItems: LIMITS.commitItems,
    commits: STATEMENTS,
    queueItems: LIMITS.queueLength,
  });
}

/** A second is begun while one is under way, for many. */
const STATEMENTS = 2;

/** The same of these, in their order: of one that is given twice the first may be, the second is not. */
export async function serveAllOnce(
  database: Database,
  requests: readonly SessionRequest[],
): Promise<readonly boolean[]> {
  const nameOf = ({ session, counter }: SessionRequest): string => `${session} ${counter}`;
  if (requests.length === 0) return [];
  const served = await readRows(
    database,
    sql<{ session: string; counter: string }>`
      insert into served_request (session, counter)
      select * from unnest(${requests.map(({ session }) => session)}::uuid[],
                           ${requests.map(({ counter }) => counter)}::bigint[]) as asked (session, counter)
       order by session, counter
      on conflict do nothing returning session, counter`,
  );
  const fresh = new Set(served.map(({ session, counter }) => `${session} ${counter}`));
  return requests.map((request) => fresh.delete(nameOf(request)));
}

/**
 * Forgets what was served more than 60 s ago: a session's request is refused long before, for its deadline.
 */
export async function forgetServedRequests(database: Database): Promise<void> {
  await deleteInBatches(database, 'served_request', sql`served_at < now() - interval '60 s'`);
}
