/**
 * Group commit: what arrives together, or while a commit is in flight, forms a batch, and each item has an outcome of
 * its own.
 */
import { DeadlineExceeded, JournalOverloaded } from '@keytrail/eventsourcing';
import type { QueueObserver } from './queue-observer.js';

export interface GroupCommitOptions<T, R> {
  /** Commits a batch as one transaction; answers one outcome per item, in order. Rejecting fails the whole batch. */
  readonly commit: (batch: readonly T[]) => Promise<readonly R[]>;
  /** Whether after this error one item is to blame and nothing was written, so that a retry cannot write twice. */
  readonly isOfOneItem: (error: unknown) => boolean;
  readonly batchItems: number;
  /** So many commits may be in flight: while one is, another is begun for those who are enough for it. */
  readonly commits: number;
  readonly queueItems: number;
  readonly observe?: (queued: () => number) => QueueObserver;
}

interface Waiting<T, R> {
  readonly item: T;
  readonly deadlineMs: number;
  readonly resolve: (outcome: R) => void;
  readonly reject: (error: unknown) => void;
}

/** Fewer wait for the commit that is in flight: a commit of its own costs more than they do. */
const WORTH_ITEMS = 16;

/** Adds an item to the next batch; `deadlineMs` is in epoch milliseconds. */
export type Enqueue<T, R> = (item: T, deadlineMs: number) => Promise<R>;

/**
 * Rejections: {@link JournalOverloaded} where the queue is full,
 * {@link DeadlineExceeded} where an item's deadline passed before its batch began, else what `commit` rejected with.
 * A batch that one item has failed is tried again one by one, so that no item can fail another.
 */
export function groupCommit<T, R>(options: GroupCommitOptions<T, R>): Enqueue<T, R> {
  const queue: Waiting<T, R>[] = [];
  const observer = options.observe?.(() => queue.length);
  let inFlight = 0;
  let gathering = false;

  /** All that arrives in the same turn of the event loop goes together. */
  function gather(): void {
    if (gathering || inFlight === options.commits || (inFlight > 0 && queue.length < WORTH_ITEMS)) return;
    gathering = true;
    setImmediate(() => {
      gathering = false;
      void drain();
    });
  }

  async function drain(): Promise<void> {
    inFlight++;
    try {
      while (queue.length > 0) await settle(queue.splice(0, options.batchItems));
    } finally {
      inFlight--;
    }
  }

  async function settle(waiting: readonly Waiting<T, R>[]): Promise<void> {
    const batch = waiting.filter(isInTime);
    if (batch.length < waiting.length) observer?.refused('late', waiting.length - batch.length);
    if (batch.length === 0) return;
    const startedMs = performance.now();
    try {
      const outcomes = await options.commit(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, i) => resolve(outcomes[i] as R));
      observer?.committed(batch.length, performance.now() - startedMs);
    } catch (error) {
      if (batch.length > 1 && options.isOfOneItem(error)) for (const one of batch) await settle([one]);
      else {
        for (const { reject } of batch) reject(error);
        observer?.refused('failed', batch.length);
      }
    }
  }

  return (item, deadlineMs) =>
    new Promise<R>((resolve, reject) => {
      if (queue.length >= options.queueItems) {
        reject(new JournalOverloaded('too many requests are waiting for the journal'));
        observer?.refused('full', 1);
        return;
      }
      queue.push({ item, deadlineMs, resolve, reject });
      gather();
    });
}

function isInTime<T, R>({ deadlineMs, reject }: Waiting<T, R>): boolean {
  const inTime = Date.now() < deadlineMs;
  if (!inTime) reject(new DeadlineExceeded('the deadline passed before the commit began'));
  return inTime;
}
