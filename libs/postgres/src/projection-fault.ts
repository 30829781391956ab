/** What an error says of a projection's batch: whether an event is to blame, or the world. */
import { isOfDatabase, sqlStateOf } from './fault.js';

/** An event is missing between the checkpoint and what arrived; nothing was written. */
export class OrdinalGap extends Error {
  override readonly name = 'OrdinalGap';
  readonly code = 'projection.gap';
}

/** What PostgreSQL says of rows (data, integrity, cardinality, limits), and what a trigger raises in its own words. */
const OF_A_ROW = /^(21|22|23|27|44|54|P0)/;

/** The driver throws none of these. Some bear a code like those of a lost connection, or speak of one. */
const BUG = /^(Type|Range|Reference|Syntax)Error$/;

/**
 * Whether an event is to blame: PostgreSQL refused a row, or the code threw by itself. Nothing else is known to be
 * different for another event (a connection, a server that goes down, resources, locks, time-outs, a table or a right that
 * is missing), so there is nothing for it but to try again.
 */
export function isOfAnEvent(error: unknown): boolean {
  const causes = causesOf(error);
  const told = causes.find((cause) => !BUG.test(nameOf(cause)) && isOfDatabase(cause));
  if (told !== undefined) return OF_A_ROW.test(sqlStateOf(told));
  return !causes.some((cause) => cause instanceof OrdinalGap || isRetryable(cause));
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

const nameOf = (error: unknown): string => String((error as { readonly name?: unknown }).name);

/** A fault of ours says so itself. */
const isRetryable = (error: unknown): boolean => (error as { readonly retryable?: unknown }).retryable === true;
