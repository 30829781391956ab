/** The journal of decisions on PostgreSQL: grouped commits, each stream guarded by its revision. */
import type { Service } from '@keytrail/contracts';
import { LIMITS } from '@keytrail/contracts';
import type { Commit, CommitOutcome, DomainEvent, Journal, Recorded } from '@keytrail/eventsourcing';
import { sql } from 'kysely';
import type { Database, DatabaseTransaction } from './database.js';
import type { Envelope } from './envelope.js';
import { envelope, recordedFrom } from './envelope.js';
import { AlongsideFailed, asJournalFault, isOfDatabase, isOfOneItem } from './fault.js';
import { groupCommit } from './group-commit.js';
import { FENCE_KEY } from './journal-schema.js';
import { loadTogether } from './load-together.js';
import { readRows } from './read-rows.js';
import type { ObserveQueue } from './queue-observer.js';
import { inAppendSpan } from './span.js';

/** A withdrawal gives way rather than hold up every access behind it. */
const FENCE_TIMEOUT_MS = 500;

export interface PostgresJournalOptions {
  readonly service: Service;
  readonly database: Database;
  /** Called after each commit, so that the relay need not wait for its next look. */
  readonly onCommit?: () => void;
  readonly observe?: ObserveQueue;
}

interface Prepared {
  readonly commit: Commit<DomainEvent, DatabaseTransaction>;
  readonly envelopes: readonly Envelope[];
}

type Outcome = readonly Recorded[] | 'conflict' | 'stale';

/** A statement has to end in time, however long a stream may be. */
const PAGE_EVENTS = 4_096;

const pageOf = (stream: string, after: number) =>
  sql<{ body: Buffer }>`
    select body from journal where stream = ${stream} and revision > ${after} order by revision limit ${PAGE_EVENTS}`;

/** Commits are grouped; those that withdraw an access form groups of their own, behind the fence. */
export function postgresJournal(options: PostgresJournalOptions): Journal<DatabaseTransaction> {
  const { service, database, onCommit, observe } = options;
  const group = (withdraws: boolean) =>
    groupCommit<Prepared, Outcome>({
      commit: (batch) => commitBatch(database, batch, withdraws),
      isOfOneItem,
      batchItems: 64,
      commits: 1,
      queueItems: LIMITS.queueLength,
      ...(observe && { observe: (queued) => observe(withdraws ? 'withdrawals' : 'decisions', queued) }),
    });
  const [plain, withdrawals] = [group(false), group(true)];

  return {
    load: async <E extends DomainEvent>(stream: string, after = 0) => {
      const history: Recorded<E>[] = [];
      for (;;) {
        const page = await readRows(database, pageOf(stream, after + history.length));
        for (const { body } of page) history.push(recordedFrom<E>(body));
        if (page.length < PAGE_EVENTS) return history;
      }
    },
    loadTogether: (behind) => loadTogether(database, behind),
    append: async <E extends DomainEvent>(commit: Commit<E, DatabaseTransaction>): Promise<CommitOutcome<E>> => {
      const queue = commit.withdraws ? withdrawals : plain;
      return inAppendSpan<CommitOutcome<E>>('journal', commit.facts, async (facts) => {
        const prepared = { commit, envelopes: envelopesOf(service, { ...commit, facts }) };
        const deadlineMs = facts.deadlineMs ?? Date.now() + LIMITS.deadlineMaxMs;
        const outcome = await queue(prepared, deadlineMs).catch(rethrow);
        if (typeof outcome !== 'string') onCommit?.();
        return told(outcome) as CommitOutcome<E>;
      });
    },
  };
}

/**
 * Appends commits of a service inside a transaction that is open already, for readers that record what they have found
 * together with how far they have come. The caller commits, and tells the relay. No commit may withdraw an access.
 */
export async function appendWithin(
  tx: DatabaseTransaction,
  service: Service,
  commits: readonly Commit<DomainEvent, DatabaseTransaction>[],
): Promise<readonly CommitOutcome[]> {
  if (commits.some(({ withdraws }) => withdraws)) throw new RangeError('a withdrawal needs the fence first');
  const outcomes = await writeBatch(
    tx,
    commits.map((commit) => ({ commit, envelopes: envelopesOf(service, commit) })),
  );
  return outcomes.map(told);
}

const told = (outcome: Outcome): CommitOutcome =>
  typeof outcome === 'string' ? { status: outcome } : { status: 'committed', recorded: outcome };

function rethrow(error: unknown): never {
  throw asJournalFault(error);
}

function envelopesOf(service: Service, commit: Commit<DomainEvent, DatabaseTransaction>): Envelope[] {
  const { aggregate, stream, subject, facts } = commit;
  return commit.events.map((event, i) =>
    envelope({ service, aggregate, stream, subject, facts, event, revision: commit.expectedRevision + i + 1 }),
  );
}

/** The fence is the first statement of the transaction, before anything that takes a transaction id. */
async function commitBatch(database: Database, batch: readonly Prepared[], withdraws: boolean): Promise<Outcome[]> {
  return database.transaction().execute(async (tx) => {
    if (withdraws) {
      await sql.raw(`set local lock_timeout = ${FENCE_TIMEOUT_MS}`).execute(tx);
      await sql`select pg_advisory_xact_lock(${FENCE_KEY})`.execute(tx);
    }
    return writeBatch(tx, batch);
  });
}

async function writeBatch(tx: DatabaseTransaction, batch: readonly Prepared[]): Promise<Outcome[]> {
  const written = await appendAll(tx, batch);
  const outcomes = batch.map((prepared, i) => outcomeOf(prepared, i + 1, written));
  for (const i of inOrderOfStreams(batch)) {
    const [prepared, outcome] = [batch[i] as Prepared, outcomes[i] as Outcome];
    if (typeof outcome !== 'string') await writeAlongside(tx, prepared, outcome);
  }
  return outcomes;
}

async function writeAlongside(
  tx: DatabaseTransaction,
  { commit }: Prepared,
  recorded: readonly Recorded[],
): Promise<void> {
  try {
    await commit.alongside?.(tx, recorded);
  } catch (error) {
    throw isOfDatabase(error) ? error : new AlongsideFailed('rows alongside were refused', { cause: error });
  }
}

interface Written {
  readonly commit_number: number;
  /** Null where the permit of the commit does not hold. */
  readonly event_id: string | null;
  readonly event_time: string;
}

async function appendAll(tx: DatabaseTransaction, batch: readonly Prepared[]): Promise<readonly Written[]> {
  const events = batch.flatMap(({ envelopes }, i) => envelopes.map((of) => ({ ...of, commit: i + 1 })));
  const permits = batch.flatMap(({ commit }, i) =>
    (commit.facts.permit?.decidedOn ?? []).map((of) => ({ ...of, commit: i + 1 })),
  );
  const { rows } = await sql<Written>`select * from journal_append(
    ${batch.map(({ commit }) => commit.stream)}::text[],
    ${batch.map(({ commit }) => commit.expectedRevision)}::bigint[],
    ${batch.map(({ envelopes }) => envelopes.length)}::int[],
    ${batch.map(({ commit }) => commit.facts.permit?.validUntil ?? null)}::timestamptz[],
    ${permits.map((p) => p.commit)}::int[], ${permits.map((p) => p.stream)}::text[],
    ${permits.map((p) => p.revision)}::bigint[],
    ${events.map((e) => e.commit)}::int[], ${events.map((e) => e.id)}::uuid[],
    ${events.map((e) => e.workspace)}::text[], ${events.map((e) => e.aggregate)}::text[],
    ${events.map((e) => e.type)}::text[], ${events.map((e) => e.head)}::text[], ${events.map((e) => e.tail)}::text[],
    ${events.map((e) => e.salt)}::bytea[], ${events.map((e) => e.detail)}::bytea[])`.execute(tx);
  return rows;
}

function outcomeOf({ commit, envelopes }: Prepared, number: number, written: readonly Written[]): Outcome {
  const rows = written.filter((row) => row.commit_number === number);
  if (rows.length === 0) return 'conflict';
  if (rows[0]?.event_id === null) return 'stale';
  const times = new Map(rows.map((row) => [row.event_id, row.event_time]));
  const { principal, command } = commit.facts;
  return envelopes.map(({ id }, i) => ({
    id,
    revision: commit.expectedRevision + i + 1,
    time: times.get(id) as string,
    principal,
    ...(command && { command }),
    event: commit.events[i] as DomainEvent,
  }));
}

/** Rows alongside are written in the order of streams too, so that two transactions take them in one order. */
function inOrderOfStreams(batch: readonly Prepared[]): readonly number[] {
  const streamAt = (i: number) => batch[i]?.commit.stream ?? '';
  return batch
    .map((_, i) => i)
    .toSorted((a, b) => (streamAt(a) < streamAt(b) ? -1 : Number(streamAt(a) > streamAt(b))));
}
