/** The writers of promise 6: half of them decide, and their commits stay open for a while; half record accesses. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Principal, Workspace } from '@keytrail/contracts';
import { type Database, postgresAccessJournal, postgresJournal } from '@keytrail/postgres';
import type { Seeded } from './seeded.js';

/** As many transactions are open at once. */
export const WRITERS = 64;
const MOST_EVENTS = 24;
const QUICK_PERCENT = 70;
const QUICK_MS = 2;
const SLOW_MS = 40;
/**
 * Fewer than the relay reads at once: each time it reads up to the events whose neighbours are still to be committed.
 */
const MOST_AHEAD = 400;
const HOLD_MS = 2;
const PATIENCE_MS = 5_000;
const ACCESS_MS = 5_000;

export interface WritersOptions {
  /** Events to write at least. */
  readonly tries: number;
  readonly random: Seeded;
  readonly database: Database;
  readonly onCommit: () => void;
  /** How many events the relay has published. */
  readonly relayed: () => number;
  readonly signal: AbortSignal;
}

/** What the writers were told. */
export interface Written {
  /** For each writer the ids of its events in the order in which it wrote them. */
  readonly writers: readonly (readonly string[])[];
  /** Events of which nobody said whether they stand. */
  readonly unknown: number;
}

/** Writes one group of events after `revision`; the ids in order. */
type Write = (count: number, revision: number) => Promise<readonly string[]>;

/** Resolves once enough is written. */
export async function startWriters(options: WritersOptions): Promise<Written> {
  const { tries, signal } = options;
  const mayWrite = pacing(options.relayed);
  const writers: string[][] = [];
  let [written, unknown] = [0, 0];
  const run = async (n: number) => {
    const own: string[] = [];
    writers.push(own);
    const random = options.random.fork(`writer-${n}`);
    // A stream that may have moved on is left for another one.
    for (let life = 0; written < tries; life++) {
      const write = (n % 2 === 0 ? deciding : accessing)(options, `${n}-${life}`, random);
      let revision = 0;
      while (written < tries) {
        signal.throwIfAborted();
        if (!mayWrite(written)) {
          await sleep(HOLD_MS);
          continue;
        }
        const count = 1 + random.below(MOST_EVENTS);
        const ids = await write(count, revision).catch(refuseAllBut('journal.unavailable'));
        if (ids === null) {
          unknown += count;
          break;
        }
        own.push(...ids);
        revision += ids.length;
        written += ids.length;
      }
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, n) => run(n)));
  return { writers, unknown };
}

/**
 * Whether the relay is near enough. One that stands still is waited for no longer: the judge will see what it has
 * missed.
 */
function pacing(relayed: () => number) {
  let [ordinal, sinceMs] = [0, performance.now()];
  return (written: number): boolean => {
    if (relayed() !== ordinal) [ordinal, sinceMs] = [relayed(), performance.now()];
    return written - ordinal <= MOST_AHEAD || performance.now() - sinceMs > PATIENCE_MS;
  };
}

const facts = {
  workspace: 'acme' as Workspace,
  principal: 'p'.repeat(26) as Principal,
  requestId: 'promise-6',
  detail: {},
};

function deciding({ database, onCommit }: WritersOptions, name: string, random: Seeded): Write {
  const journal = postgresJournal({ service: 'vault', database, onCommit });
  const stream = `note-${name}`;
  return async (count, revision) => {
    const outcome = await journal.append({
      stream,
      aggregate: 'note',
      subject: stream,
      expectedRevision: revision,
      events: Array.from({ length: count }, (_, n) => ({ type: 'Noted', data: { n } })),
      facts,
      withdraws: false,
      // Positions are handed out by now, and the commit is still to come.
      alongside: () => sleep(random.below(random.percent(QUICK_PERCENT) ? QUICK_MS : SLOW_MS)),
    });
    if (outcome.status !== 'committed') throw new Error(`${stream} has another writer`);
    return outcome.recorded.map(({ id }) => id);
  };
}

function accessing({ database, onCommit }: WritersOptions, name: string, random: Seeded): Write {
  const journal = postgresAccessJournal({ service: 'vault', database, onCommit });
  const nowhere = { stream: `nowhere-${name}`, revision: 0 };
  return async (count) => {
    await sleep(random.below(QUICK_MS));
    const outcomes = await Promise.all(
      Array.from({ length: count }, (_, n) =>
        journal.record({
          stream: nowhere.stream,
          subject: nowhere.stream,
          event: { type: 'SecretDecrypted', data: { n } },
          facts,
          aggregate: 'access',
          decidedOn: [nowhere, nowhere, nowhere],
          validUntilMs: null,
          deadlineMs: Date.now() + ACCESS_MS,
        }),
      ),
    );
    return outcomes.flatMap((outcome) => (outcome.status === 'recorded' ? [outcome.eventId] : []));
  };
}

/** Nobody knows whether it was done where the journal says so; anything else ends the run. */
function refuseAllBut(code: string) {
  return (error: unknown): null => {
    if ((error as { code?: unknown }).code === code) return null;
    throw error;
  };
}
