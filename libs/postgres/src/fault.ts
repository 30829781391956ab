/** What an error of the driver means for the journal. */
import { DeadlineExceeded, JournalOverloaded, JournalUnavailable } from '@keytrail/eventsourcing';

const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Classes of SQLSTATE after which the fate of a commit is not known: connection exceptions, operator intervention. */
const UNKNOWN_FATE = /^(08|57)/;

/** Whether the transaction is rolled back for certain: PostgreSQL said so, or the error is not one of the database. */
export function wroteNothing(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === null ? !isDatabaseError(error) : !UNKNOWN_FATE.test(state);
}

/** The SQLSTATE of an error of the driver, or null where PostgreSQL did not speak. */
export function sqlStateOf(error: unknown): string | null {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' && SQLSTATE.test(code) ? code : null;
}

/** The error as the journal's callers know it; what is not a fault of the database stays as it is. */
export function asJournalFault(error: unknown): unknown {
  if (error instanceof JournalOverloaded || error instanceof DeadlineExceeded || !isDatabaseError(error)) return error;
  return new JournalUnavailable('the journal cannot be written or read', {
    cause: error,
    outcomeUnknown: !wroteNothing(error),
  });
}

/** Errors of sockets and of the pool have codes like ECONNREFUSED, or none and a message of the driver's. */
function isDatabaseError(error: unknown): boolean {
  if (sqlStateOf(error) !== null) return true;
  const { code, message = '' } = error as { readonly code?: unknown; readonly message?: string };
  return (
    (typeof code === 'string' && /^E[A-Z]+$/.test(code)) || /connection|timeout|terminat|not queryable/i.test(message)
  );
}
