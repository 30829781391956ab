/** What an error says of a batch: whose fault it is, and what the journal's callers are told. */
import { DeadlineExceeded, JournalOverloaded, JournalUnavailable } from '@keytrail/eventsourcing';
import { ENDED } from './journal-append-schema.js';

/** Data exceptions, integrity violations, limits exceeded: PostgreSQL refuses what stands in some row. */
const OF_A_ROW = /^(22|23|54)/;

/** The rows alongside of one commit could not be written; `cause` is what they threw. */
export class AlongsideFailed extends Error {
  override readonly name = 'AlongsideFailed';
}

/**
 * Whether one item of a batch is to blame and nothing was written, so that the others may be tried again. Anything that
 * is not known for certain (a connection lost, a server that goes down, a time-out) is not. Takes an error as the
 * database gave it, or as {@link asJournalFault} tells of it.
 */
export function isOfOneItem(error: unknown): boolean {
  if (error instanceof AlongsideFailed) return true;
  const state = sqlStateOf(error instanceof JournalUnavailable ? error.cause : error);
  return OF_A_ROW.test(state) || state === ENDED;
}

/** What driver and network throw. A bug or a parser's complaint has a class of its own, whatever it speaks of. */
const PLAIN = /^(Aggregate)?Error$/;

/** Whether an error comes from the driver or the server, as far as can be told. */
export function isOfDatabase(error: unknown): boolean {
  if (sqlStateOf(error) !== '') return true;
  const { name, code, message } = (error ?? {}) as Partial<Record<'name' | 'code' | 'message', unknown>>;
  if (!PLAIN.test(String(name))) return false;
  if (/^E[A-Z_]+$/.test(String(code))) return true;
  return /connection|timeout|terminat|not queryable|calling end|destroyed/i.test(String(message));
}

/** The error as the journal's callers know it. */
export function asJournalFault(error: unknown): unknown {
  if (error instanceof JournalOverloaded || error instanceof DeadlineExceeded) return error;
  if (error instanceof AlongsideFailed) return error.cause;
  return new JournalUnavailable('the journal cannot be written or read', { cause: error });
}

/**
 * The SQLSTATE that PostgreSQL gave, or nothing where it did not speak. Its severity is a word of the server's
 * language.
 */
export function sqlStateOf(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : '';
}
