/** Accesses on PostgreSQL: a batch is one call of the fence's function, one transaction, one fsync. */
import type { Service } from '@keytrail/contracts';
import { LIMITS } from '@keytrail/contracts';
import type { Access, AccessJournal, AccessOutcome } from '@keytrail/eventsourcing';
import { sql } from 'kysely';
import type { Database } from './database.js';
import type { Envelope } from './envelope.js';
import { bodyDigest, envelope } from './envelope.js';
import { asJournalFault, isOfOneItem } from './fault.js';
import { groupCommit } from './group-commit.js';
import type { ObserveQueue } from './queue-observer.js';
import { inAppendSpan } from './span.js';

const BATCH_ITEMS = 512;

export interface PostgresAccessJournalOptions {
  readonly service: Service;
  readonly database: Database;
  readonly onCommit?: () => void;
  readonly observe?: ObserveQueue;
}

interface Prepared {
  readonly access: Access;
  readonly envelope: Envelope;
}

export function postgresAccessJournal(options: PostgresAccessJournalOptions): AccessJournal {
  const { observe } = options;
  const enqueue = groupCommit<Prepared, AccessOutcome>({
    commit: (batch) => appendAccesses(options.database, batch),
    isOfOneItem,
    batchItems: BATCH_ITEMS,
    queueItems: LIMITS.queueLength,
    ...(observe && { observe: (queued) => observe('accesses', queued) }),
  });

  return {
    record: (access) =>
      inAppendSpan('access_journal', access.facts, async (facts) => {
        const { stream, aggregate, subject, event, deadlineMs } = access;
        const of = envelope({ service: options.service, aggregate, stream, subject, event, facts });
        try {
          const outcome = await enqueue({ access, envelope: of }, deadlineMs);
          if (outcome.status === 'recorded') options.onCommit?.();
          return outcome;
        } catch (error) {
          throw asJournalFault(error);
        }
      }),
  };
}

interface Judged {
  readonly outcome: AccessOutcome['status'];
  readonly at_position: string | null;
  readonly event_time: string;
}

async function appendAccesses(database: Database, batch: readonly Prepared[]): Promise<readonly AccessOutcome[]> {
  const accesses = batch.map(({ access }) => access);
  const events = batch.map((prepared) => prepared.envelope);
  const decidedOn = (place: 0 | 1 | 2) => {
    const facts = accesses.map((access) => access.decidedOn[place]);
    return sql`${facts.map(({ stream }) => stream)}::text[], ${facts.map(({ revision }) => revision)}::bigint[]`;
  };
  const { rows } = await sql<Judged>`select * from access_append(
    ${events.map((e) => e.id)}::uuid[], ${accesses.map((a) => a.stream)}::text[], ${decidedOn(0)}, ${decidedOn(1)}, ${decidedOn(2)},
    ${accesses.map((a) => a.validUntil)}::timestamptz[],
    ${accesses.map((a) => a.request?.session ?? null)}::uuid[],
    ${accesses.map((a) => a.request?.counter ?? null)}::bigint[],
    ${events.map((e) => e.workspace)}::text[], ${events.map((e) => e.aggregate)}::text[],
    ${events.map((e) => e.type)}::text[], ${events.map((e) => e.head)}::text[], ${events.map((e) => e.tail)}::text[],
    ${events.map((e) => e.salt)}::bytea[], ${events.map((e) => e.detail)}::bytea[])`.execute(database);
  return rows.map((row, i) => outcomeOf(row, events[i] as Envelope));
}

function outcomeOf({ outcome, at_position, event_time }: Judged, of: Envelope): AccessOutcome {
  if (outcome === 'expired') return { status: outcome, time: event_time };
  if (outcome !== 'recorded') return { status: outcome };
  return { status: 'recorded', eventId: of.id, position: at_position as string, digest: bodyDigest(of, event_time) };
}
