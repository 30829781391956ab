/** Accesses on PostgreSQL: a batch is one call of the fence's function, one transaction, one fsync. */
import type { Service } from '@keytrail/contracts';
import { LIMITS } from '@keytrail/contracts';
import type { Access, AccessJournal, AccessOutcome } from '@keytrail/eventsourcing';
import { CompiledQuery, sql } from 'kysely';
import { REPEATED } from './access-append-schema.js';
import { byteaArray, int8Array, textArray, textAsBytea, timestamptzArray, uuidArray } from './binary-array.js';
import type { Database } from './database.js';
import type { Envelope } from './envelope.js';
import { bodyDigest, envelope } from './envelope.js';
import { asJournalFault, isOfOneItem, sqlStateOf } from './fault.js';
import { groupCommit } from './group-commit.js';
import type { ObserveQueue } from './queue-observer.js';
import { inAppendSpan } from './span.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** The last moment that a Date can tell. */
const LAST_MS = 8_640_000_000_000_000;

/** While PostgreSQL writes one batch, the next is decided; accesses have no order but the journal's. */
const COMMITS = 2;

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
    batchItems: LIMITS.commitItems,
    commits: COMMITS,
    queueItems: LIMITS.queueLength,
    ...(observe && { observe: (queued) => observe('accesses', queued) }),
  });

  return {
    record: (access) =>
      inAppendSpan('access_journal', access.facts, async (facts) => {
        refuseUnwritable(access);
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

/** What has no binary form must not come into a batch, where it would fail the others. */
function refuseUnwritable({ request, validUntilMs }: Access): void {
  if (request !== undefined && !UUID.test(request.session)) throw new RangeError('a session is named by a UUID');
  if (validUntilMs !== null && !(Math.abs(validUntilMs) <= LAST_MS)) throw new RangeError('an access ends at a moment');
}

interface Judged {
  readonly outcome: AccessOutcome['status'];
  readonly at_position: string | null;
  readonly event_time: string;
}

/** All at once where nothing stands in the way of any; else each is looked at. */
async function appendAccesses(database: Database, batch: readonly Prepared[]): Promise<readonly AccessOutcome[]> {
  return (await appendAll(database, batch)) ?? appendEach(database, batch);
}

interface Recorded {
  /** In the order of the batch. */
  readonly positions: string;
  readonly event_time: string;
}

const APPEND_ALL = `select positions, event_time from access_append_all(
  $1::text[], $2::bigint[], $3::timestamptz, $4::uuid[], $5::bigint[], $6::bigint[], $7::uuid[], $8::text[],
  $9::text[], $10::text[], $11::text[], $12::bytea[], $13::bytea[], $14::bytea[], $15::bytea[])`;

/** Null where one of them is stale, over, or repeated: then nothing was written. */
async function appendAll(database: Database, batch: readonly Prepared[]): Promise<readonly AccessOutcome[] | null> {
  const accesses = batch.map(({ access }) => access);
  const events = batch.map((prepared) => prepared.envelope);
  const decidedOn = new Map(
    accesses.flatMap((access) => access.decidedOn).map((of) => [`${of.revision} ${of.stream}`, of] as const),
  );
  const requests = accesses.flatMap(({ request }) => request ?? []);
  const until = Math.min(...accesses.map(({ validUntilMs }) => validUntilMs ?? Infinity));
  const parameters = [
    textArray([...decidedOn.values()].map((of) => of.stream)),
    int8Array([...decidedOn.values()].map((of) => of.revision)),
    until === Infinity ? null : new Date(until).toISOString(),
    uuidArray(requests.map((of) => of.session)),
    int8Array(requests.map((of) => of.counter)),
    int8Array(requests.map((of) => of.deadlineMs)),
    uuidArray(events.map((e) => e.id)),
    textArray(accesses.map((a) => a.stream)),
    textArray(events.map((e) => e.workspace)),
    textArray(events.map((e) => e.aggregate)),
    textArray(events.map((e) => e.type)),
    textAsBytea(events.map((e) => e.head)),
    textAsBytea(events.map((e) => e.tail)),
    byteaArray(events.map((e) => e.salt)),
    byteaArray(events.map((e) => e.detail)),
  ];
  try {
    const { rows } = await database.executeQuery<Recorded>(CompiledQuery.raw(APPEND_ALL, parameters));
    const [recorded] = rows;
    if (recorded === undefined) return null;
    const positions = recorded.positions.split(' ');
    return events.map((of, i) => recordedAs(of, positions[i] as string, recorded.event_time));
  } catch (error) {
    if (sqlStateOf(error) === REPEATED) return null;
    throw error;
  }
}

async function appendEach(database: Database, batch: readonly Prepared[]): Promise<readonly AccessOutcome[]> {
  const accesses = batch.map(({ access }) => access);
  const events = batch.map((prepared) => prepared.envelope);
  const decidedOn = (place: 0 | 1 | 2) => {
    const facts = accesses.map((access) => access.decidedOn[place]);
    return sql`${textArray(facts.map((of) => of.stream))}::text[], ${int8Array(facts.map((of) => of.revision))}::bigint[]`;
  };
  const { rows } = await sql<Judged>`select * from access_append(
    ${uuidArray(events.map((e) => e.id))}::uuid[], ${textArray(accesses.map((a) => a.stream))}::text[],
    ${decidedOn(0)}, ${decidedOn(1)}, ${decidedOn(2)},
    ${timestamptzArray(accesses.map((a) => a.validUntilMs))}::timestamptz[],
    ${uuidArray(accesses.map((a) => a.request?.session ?? null))}::uuid[],
    ${int8Array(accesses.map((a) => a.request?.counter ?? null))}::bigint[],
    ${int8Array(accesses.map((a) => a.request?.deadlineMs ?? null))}::bigint[],
    ${textArray(events.map((e) => e.workspace))}::text[], ${textArray(events.map((e) => e.aggregate))}::text[],
    ${textArray(events.map((e) => e.type))}::text[],
    ${textArray(events.map((e) => e.head))}::text[], ${textArray(events.map((e) => e.tail))}::text[],
    ${byteaArray(events.map((e) => e.salt))}::bytea[], ${byteaArray(events.map((e) => e.detail))}::bytea[])`.execute(
    database,
  );
  return rows.map((row, i) => outcomeOf(row, events[i] as Envelope));
}

function outcomeOf({ outcome, at_position, event_time }: Judged, of: Envelope): AccessOutcome {
  if (outcome === 'expired') return { status: outcome, time: event_time };
  if (outcome !== 'recorded') return { status: outcome };
  return recordedAs(of, at_position as string, event_time);
}

const recordedAs = (of: Envelope, position: string, time: string): AccessOutcome => ({
  status: 'recorded',
  eventId: of.id,
  position,
  digest: bodyDigest(of, time),
});
