/** What an error says of a projection's batch: whether an event is to blame, or the world. */
import { isOfDatabase, sqlStateOf } from './fault.js';

/** An event is missing between the checkpoint and what arrived; nothing was written. */
export class OrdinalGap extends Error {
  override readonly name = 'OrdinalGap';
  readonly code = 'projection.gap';
}

/** What PostgreSQL says of rows (data, integrity, cardinality, limits), and what a trigger raises in its own words. */
const OF_A_ROW = /^(21|22|23|27|44|54|P0)/;

/**
 * Whether an event is to blame: PostgreSQL refused a row, or the code threw by itself. Nothing else is known to be
 * different for another event (a connection, a server that goes down, resources, locks, time-outs, a table or a right
 * that
 * is missing), so there is nothing for it but to try again.
 */
export function isOfAnEvent(error: unknown): boolean {
  const causes = causesOf(error);
  const told = causes.find(isOfDatabase);
  if (told !== undefined) return OF_A_ROW.test(sqlStateOf(told));
  return !causes.some((cause) => cause instanceof OrdinalGap || isRetryable(cause));
}

/** The server has cancelled a statement, or ended a transaction, that took longer than it may. */
const TOO_LONG = /^(57014|25P04)$/;

/** Whether fewer events at once might succeed. */
export function isOfTheirNumber(error: unknown): boolean {
  return causesOf(error).some((cause) => TOO_LONG.test(sqlStateOf(cause)));
}

/** The error, what caused it, what caused that. */
function causesOf(error: unknown): readonly unknown[] {
  const causes: unknown[] = [];
  for (let cause = error; cause !== undefined && cause !== null; cause = (cause as { cause?: unknown }).cause) {
    if (causes.includes(cause)) break;
    causes.push(cause);
  }
  return causes;
}

/** A fault of ours says so itself. */
const isRetryable = (error: unknown): boolean => (error as { readonly retryable?: unknown }).retryable === true;
