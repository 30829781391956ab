/** Trying parked events again: each takes effect in the transaction in which it leaves the table, so at most once. */
import type { Database, DatabaseTransaction } from './database.js';
import type { ParkedTable, ProjectedEvent } from './parked.js';
import { lockCheckpoint } from './projection-checkpoint.js';
import { isOfAnEvent } from './projection-fault.js';

/**
 * `replayed` events have taken effect. `remaining` are left of the queue; `ordinal` is the one that has failed again.
 */
export type Replay =
  | { readonly status: 'replayed'; readonly replayed: number; readonly remaining: number }
  | { readonly status: 'failed'; readonly replayed: number; readonly ordinal: number }
  | { readonly status: 'not_found' };

export interface Replaying {
  readonly database: Database;
  readonly name: string;
  readonly apply: (tx: DatabaseTransaction, events: readonly ProjectedEvent[]) => Promise<void>;
  readonly table: ParkedTable;
}

/** See `replay` of a `Projection`. */
export async function replayQueue(replaying: Replaying, ordinal: number, deadlineMs: number): Promise<Replay> {
  const { database, table } = replaying;
  const queue = await table.queueOf(database, ordinal);
  if (queue === null) return { status: 'not_found' };
  let replayed = 0;
  let head = await table.headOf(database, queue);
  while (head !== null && (replayed === 0 || Date.now() < deadlineMs)) {
    const outcome = await replayOne(replaying, head);
    if (outcome === 'failed') return { status: 'failed', replayed, ordinal: head };
    if (outcome === 'replayed') replayed++;
    head = await table.headOf(database, queue);
  }
  if (replayed === 0) return { status: 'not_found' };
  return { status: 'replayed', replayed, remaining: await table.lengthOf(database, queue) };
}

/** `gone`: somebody else has replayed it in the meantime. */
async function replayOne(replaying: Replaying, ordinal: number): Promise<'replayed' | 'failed' | 'gone'> {
  const { database, name, apply, table } = replaying;
  try {
    return await database.transaction().execute(async (tx) => {
      // Under the same lock the consumer decides whether an event has to wait behind a parked one.
      await lockCheckpoint(tx, name);
      const event = await table.take(tx, ordinal);
      if (event === null) return 'gone';
      await apply(tx, [event]);
      return 'replayed';
    });
  } catch (error) {
    if (!isOfAnEvent(error)) throw error;
    await table.failedAgain(database, ordinal, error);
    return 'failed';
  }
}
