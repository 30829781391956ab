/** Many short streams in one query: what a service that has just started, or forgotten much, is asked for at once. */
import type { DomainEvent, Recorded, StreamRevision } from '@keytrail/eventsourcing';
import { TOGETHER_EVENTS } from '@keytrail/eventsourcing';
import { sql } from 'kysely';
import { int8Array, textArray } from './binary-array.js';
import type { Database } from './database.js';
import { recordedFrom } from './envelope.js';
import { readRows } from './read-rows.js';

/** One more than is told shows which streams are too long, and nothing more of them is read. */
const behindEach = (behind: readonly StreamRevision[]) => sql<{ stream: string; body: Buffer }>`
  select of_stream.stream, of_stream.body
    from unnest(${textArray(behind.map(({ stream }) => stream))}::text[],
                ${int8Array(behind.map(({ revision }) => revision))}::bigint[]) as behind (stream, revision)
   cross join lateral (
     select stream, body from journal
      where journal.stream = behind.stream and journal.revision > behind.revision
      order by journal.revision limit ${TOGETHER_EVENTS + 1}) as of_stream`;

/** As the journal's port has it. Throws `JournalUnavailable`. */
export async function loadTogether<E extends DomainEvent>(
  database: Database,
  behind: readonly StreamRevision[],
): Promise<ReadonlyMap<string, readonly Recorded<E>[]>> {
  if (behind.length === 0) return new Map();
  const bodies = new Map<string, Buffer[]>(behind.map(({ stream }) => [stream, []]));
  for (const { stream, body } of await readRows(database, behindEach(behind))) bodies.get(stream)?.push(body);
  const histories = new Map<string, readonly Recorded<E>[]>();
  for (const [stream, ofStream] of bodies) {
    const history = ofStream.length > TOGETHER_EVENTS ? null : historyFrom<E>(ofStream);
    if (history !== null) histories.set(stream, history);
  }
  return histories;
}

/** Null where a body cannot be read: whoever loads that stream alone is told. */
function historyFrom<E extends DomainEvent>(bodies: readonly Buffer[]): readonly Recorded<E>[] | null {
  try {
    return bodies.map((body) => recordedFrom<E>(body)).toSorted((a, b) => a.revision - b.revision);
  } catch {
    return null;
  }
}
