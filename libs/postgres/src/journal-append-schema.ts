/** The function that appends decisions: each where its stream stands as expected and its permit still holds. */
import { FENCE_KEY } from './journal-schema.js';

/** SQLSTATE of a batch of which one permit has ended while it waited: nothing is written, and each is tried alone. */
export const ENDED = 'KT003';

/**
 * One call, many commits: commit i is (stream, expected revision, number of events, until when its permit holds), and
 * its events and the streams that it was permitted on stand together in the arrays of both. Streams are taken in their
 * order, so that two calls cannot deadlock. Answers the events written, and of a commit whose permit does not hold one
 * row without an event.
 *
 * Who is permitted shares the fence with the accesses: the lock comes first, and each look is a statement of its own,
 * hence sees whatever was withdrawn before it. What this call has written itself counts too.
 */
const journalAppend = `
create function journal_append(
  streams text[], expected bigint[], counts int[], valid_until timestamptz[],
  permitted int[], permit_streams text[], permit_revisions bigint[],
  commits int[], ids uuid[], workspaces text[], aggregates text[], types text[],
  heads text[], tails text[], salts bytea[], details bytea[])
returns table (commit_number int, event_id uuid, event_time text) language plpgsql volatile as $$
#variable_conflict use_column
declare
  c record;
  moment timestamptz;
begin
  perform refuse_unsafe_writes();
  if cardinality(permitted) > 0 then
    perform pg_advisory_xact_lock_shared(${FENCE_KEY});
  end if;
  for c in select * from unnest(streams, expected, counts, valid_until) with ordinality
                      as u (stream, revision, events, valid_until, number)
           order by u.stream, u.number loop
    moment := clock_timestamp();
    if c.valid_until <= moment or exists (
         select from unnest(permitted, permit_streams, permit_revisions) as p (commit_number, stream, revision)
           left join stream_head h on h.stream = p.stream
          where p.commit_number = c.number and coalesce(h.revision, 0) <> p.revision) then
      return query select c.number::int, null::uuid, null::text;
      continue;
    end if;
    if c.revision = 0 then
      insert into stream_head (stream, revision) values (c.stream, c.events) on conflict do nothing;
    else
      update stream_head h set revision = c.revision + c.events where h.stream = c.stream and h.revision = c.revision;
    end if;
    if found then
      moment := clock_timestamp();
      if c.valid_until <= moment then
        raise exception 'a permit has ended meanwhile' using errcode = '${ENDED}';
      end if;
      return query
        with event as (
          select e.*, row_number() over (order by e.number) as nth
            from unnest(commits, ids, workspaces, aggregates, types, heads, tails, salts, details) with ordinality
              as e (commit_number, id, workspace, aggregate, type, head, tail, salt, detail, number)
           where e.commit_number = c.number)
        insert into journal (id, stream, revision, workspace, aggregate, type, time, body, salt, detail)
        select e.id, c.stream, c.revision + e.nth, e.workspace, e.aggregate, e.type, moment,
               convert_to(e.head || rfc3339(moment) || e.tail, 'UTF8'), e.salt, e.detail
          from event e order by e.nth
        returning c.number::int, id, rfc3339(moment);
    end if;
  end loop;
end $$;
`;

/** The first form knew no permits. */
export const JOURNAL_APPEND_SCHEMA: readonly string[] = ['drop function if exists journal_append', journalAppend];
