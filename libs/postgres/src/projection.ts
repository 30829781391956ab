/** Folding another service's events exactly once: the effect and how far we are commit together. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, DatabaseTransaction } from './database.js';
import { asJournalFault } from './fault.js';
import type { ParkedEvent, Parking, ProjectedEvent } from './parked.js';
import { brief, ParkedBehind, ParkedTable } from './parked.js';
import type { Replay } from './parked-replay.js';
import { replayQueue } from './parked-replay.js';
import { checkpointOf, lockCheckpoint, moveCheckpoint } from './projection-checkpoint.js';
import { isOfAnEvent, isOfTheirNumber, OrdinalGap } from './projection-fault.js';

export interface ProjectionOptions {
  readonly database: Database;
  /** The name under which the checkpoint is kept, such as `audit-vault`. */
  readonly name: string;
  /**
   * Writes the effect of events: new ones in order, or one that was parked. It may be called again with the same events
   * after its transaction was rolled back, so it MUST leave nothing behind outside of it.
   */
  readonly apply: (tx: DatabaseTransaction, events: readonly ProjectedEvent[]) => Promise<void>;
  /**
   * What an event has in common with those that must not overtake it: while one of them is parked, later ones are
   * parked
   * behind it. Its first 500 characters count. Those without one may overtake all that is parked.
   */
  readonly orderOf?: (event: ProjectedEvent) => string | null;
  /** Told once of each event that has been parked. */
  readonly onParked?: (parking: Parking) => void;
}

/** Questions about what is parked reject with `JournalUnavailable` where the database cannot answer. */
export interface Projection {
  /** The last ordinal whose effect is committed, or that is parked; 0 before the first. */
  lastOrdinal(): Promise<number>;
  /**
   * Applies what is new of `events`; what was applied before is passed over. Where they are too many for the time that
   * a transaction has, they are halved. An event that is to blame for a failure, and fails three times by itself, is
   * parked. Rejects with {@link OrdinalGap}, and with any failure that no event is to blame for: then the same events
   * may
   * come again.
   */
  handle(events: readonly ProjectedEvent[]): Promise<void>;
  /** Up to `limit` parked events whose ordinals are above `after`, in order. */
  parked(after: number, limit: number): Promise<readonly ParkedEvent[]>;
  /** How many there are. */
  parkedCount(): Promise<number>;
  /**
   * Applies a parked event or, where it has an order key, the queue of that key from its first event on: each in one
   * transaction with its leaving the table. Ends at the first that fails again, and at `deadlineMs` (epoch
   * milliseconds).
   */
  replay(ordinal: number, deadlineMs: number): Promise<Replay>;
}

type Folding = ProjectionOptions & { readonly table: ParkedTable };

export function projection(options: ProjectionOptions): Projection {
  const { database, name } = options;
  const folding = { ...options, table: new ParkedTable(name) };
  return {
    lastOrdinal: () => checkpointOf(database, name),
    handle: (events) => takeIn(folding, events),
    parked: (after, limit) => folding.table.list(database, after, limit).catch(rethrow),
    parkedCount: () => folding.table.count(database).catch(rethrow),
    replay: (ordinal, deadlineMs) => replayQueue(folding, ordinal, deadlineMs).catch(rethrow),
  };
}

function rethrow(error: unknown): never {
  throw asJournalFault(error);
}

async function takeIn(folding: Folding, events: readonly ProjectedEvent[]): Promise<void> {
  try {
    await fold(folding, events);
  } catch (error) {
    if (isOfAnEvent(error)) for (const event of events) await foldOrPark(folding, event);
    else if (isOfTheirNumber(error) && events.length > 1) {
      // The same batch would come again, and take too long again.
      const half = Math.ceil(events.length / 2);
      await takeIn(folding, events.slice(0, half));
      await takeIn(folding, events.slice(half));
    } else throw error;
  }
}

const ATTEMPTS = 3;

/** Short, for a batch may be full of such events. */
const PAUSE_MS = 10;

async function foldOrPark(folding: Folding, event: ProjectedEvent): Promise<void> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await fold(folding, [event]);
    } catch (error) {
      if (!isOfAnEvent(error)) throw error;
      const parking = { event, orderKey: orderKeyOf(folding, event), error, attempts };
      if (attempts === ATTEMPTS) return advance(folding, [event], async () => [parking]);
      await sleep(attempts * PAUSE_MS);
    }
  }
}

function fold(folding: Folding, events: readonly ProjectedEvent[]): Promise<void> {
  return advance(folding, events, async (tx, fresh) => {
    const keys = new Map(fresh.map((event) => [event, orderKeyOf(folding, event)]));
    const heads = await folding.table.headsOf(
      tx,
      [...keys.values()].filter((key) => key !== null),
    );
    const behind = fresh.flatMap((event) => {
      const orderKey = keys.get(event) ?? null;
      const head = orderKey === null ? undefined : heads.get(orderKey);
      return head === undefined ? [] : [{ event, orderKey, error: new ParkedBehind(head), attempts: 0 }];
    });
    const waiting = new Set(behind.map(({ event }) => event));
    const free = fresh.filter((event) => !waiting.has(event));
    if (free.length > 0) await folding.apply(tx, free);
    return behind;
  });
}

/** Does something with new events, in order, and answers those that are to be parked instead. */
type Step = (tx: DatabaseTransaction, fresh: readonly ProjectedEvent[]) => Promise<readonly Parking[]>;

/** Moves on over `events` with what `step` makes of the new ones of them. */
async function advance(folding: Folding, events: readonly ProjectedEvent[], step: Step): Promise<void> {
  const { database, name, table, onParked } = folding;
  const parked = await database.transaction().execute(async (tx) => {
    const done = await lockCheckpoint(tx, name);
    const fresh = events.filter(({ ordinal }) => ordinal > done);
    if (fresh.length === 0) return [];
    fresh.forEach(({ ordinal }, i) => refuseGap(name, done + 1 + i, ordinal));
    const parkings = await step(tx, fresh);
    await table.add(tx, parkings);
    await moveCheckpoint(tx, name, done + fresh.length);
    return parkings;
  });
  for (const parking of parked) onParked?.(parking);
}

function refuseGap(name: string, expected: number, ordinal: number): void {
  if (ordinal !== expected) throw new OrdinalGap(`${name} expected event ${expected} and was given ${ordinal}`);
}

/** An event whose key cannot be told is in nobody's way. */
function orderKeyOf({ orderOf }: Folding, event: ProjectedEvent): string | null {
  try {
    const key = orderOf?.(event) ?? null;
    return key === null ? null : brief(key);
  } catch {
    return null;
  }
}
