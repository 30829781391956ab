/** Requests that no event stands for: each is served once all the same, and forgotten when nobody can repeat it. */
import type { SessionRequest } from '@keytrail/eventsourcing';
import { sql } from 'kysely';
import type { Database } from './database.js';
import { deleteInBatches } from './delete-in-batches.js';
import { readRows } from './read-rows.js';

/**
 * Whether this request of a session is now served for the first time, here or on another replica. Throws
 * `JournalUnavailable` where the database cannot tell; then the request counts as served or not, nobody knows.
 */
export async function serveOnce(database: Database, { session, counter }: SessionRequest): Promise<boolean> {
  const served = await readRows(
    database,
    sql`insert into served_request (session, counter) values (${session}::uuid, ${counter}::bigint)
        on conflict do nothing returning counter`,
  );
  return served.length === 1;
}

/** The same of many at once, in their order: of one that is given twice the first may be, the second is not. */
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
