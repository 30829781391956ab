/** What the queues of a journal tell of their work, for metrics; a queue never waits for who listens. */

/** Accesses; decisions; the decisions that take an access away, which go behind the fence. */
export type QueueName = 'accesses' | 'decisions' | 'withdrawals';

/** `full`: the queue had no room. `late`: the deadline passed in the queue. `failed`: the commit did not come about. */
export type QueueRefusal = 'full' | 'late' | 'failed';

/** Told after each batch and each refusal; must return at once and never throw. */
export interface QueueObserver {
  /** `items` were committed in one transaction. */
  committed(items: number, durationMs: number): void;
  refused(cause: QueueRefusal, items: number): void;
}

/** Asked once per queue, when it is made; `queued` tells at any time how many items wait. */
export type ObserveQueue = (queue: QueueName, queued: () => number) => QueueObserver;
