/** A client of the driver whose answers are bounded in time, and which is not used again once it is out of step. */
import type { PoolClient, QueryResult } from 'pg';
import { sqlStateOf } from './fault.js';

type Ask = (text: unknown, values: unknown, answered: (error: Error | null, result: QueryResult) => void) => unknown;

/** What whoever waited is told. */
export const overdue = (answerMs: number): Error => new Error(`PostgreSQL did not answer: a timeout of ${answerMs} ms`);

/**
 * After a time-out of ours the statement may still run, and what comes next on this connection would run behind it:
 * behind a `begin` that was given up, an access would be answered inside a transaction that nobody commits. After the
 * server has ended the session there is none. Such a client is ended, the pool does not hand it out again, and whoever
 * still holds it (to roll back, say) is told the reason instead of its consequences.
 *
 * The driver is called back, and its own time-out is off. For a promise and for a time-out it assigns a function to a
 * property of the query, and V8 makes functions that are written in such an assignment in the old generation: whatever
 * they lead to, all rows of the query, would live until the whole heap is collected. What is asked are a text and its
 * values, as Kysely asks: neither callbacks of others nor cursors.
 */
export function watchClient(client: PoolClient & { end?: () => Promise<void> }, answerMs: number): void {
  const query = client.query.bind(client) as Ask;
  let reason: Error | null = null;
  const end = (error: Error): void => {
    reason ??= error;
    void client.end?.();
  };
  const ask = (text: unknown, values: unknown): Promise<QueryResult> =>
    new Promise((resolve, reject) => {
      query(text, values, (error, result) => {
        clearTimeout(timer);
        if (error === null) return resolve(result);
        if (SESSION_ENDED.test(sqlStateOf(error))) end(error);
        reject(error);
      });
      // Only behind the question, for what the driver throws at once is no silence of the server's.
      const timer = setTimeout(() => {
        const error = overdue(answerMs);
        reject(error);
        end(error);
      }, answerMs);
    });
  const watched = async (text: unknown, values: unknown): Promise<QueryResult> => {
    if (reason !== null) throw reason;
    try {
      return await ask(text, values);
    } catch (error) {
      // The way to whoever asked says more than the one from the socket.
      if (error instanceof Error) Error.captureStackTrace(error);
      throw error;
    }
  };
  client.on('error', end);
  Object.assign(client, { query: watched });
}

/**
 * Connection exceptions, a server that stops or recovers, sessions that took too long; and the journal's refusal to
 * write (KT001), for a session keeps settings that it was opened with after they have been put right.
 */
const SESSION_ENDED = /^(08...|57P0.|25P03|25P04|KT001)$/;
