/** The fence's function for the many accesses that nothing stands in the way of, and an index less to write. */
import { FENCE_KEY } from './journal-schema.js';

/** SQLSTATE with which nothing is recorded because one of the requests was served before. */
export const REPEATED = 'KT002';

/**
 * Records all of a batch, or nothing: an empty answer where a decision is stale or its time is over, `KT002` where a
 * request was served before; then `access_append` has to look at each. What decisions rest on is given once each, and
 * the time before which all of them hold; so a row costs what it takes to write it, and nothing to judge.
 *
 * The order is that of `access_append`: the lock, a judgement on a snapshot of its own, then the rows. Set-returning
 * functions in a select list go in step and keep nothing (ProjectSet), unlike those of a FROM, which are stored first.
 */
const appendAll = (serving: Serving): string => `
create function access_append_all(
  decided_streams text[], decided_revisions bigint[], valid_until timestamptz, sessions uuid[], counters bigint[],
  ${serving.parameter}ids uuid[], streams text[], workspaces text[], aggregates text[], types text[],
  heads bytea[], tails bytea[], salts bytea[], details bytea[])
returns table (positions text, event_time text) language plpgsql volatile as $$
declare
  moment timestamptz;
  stamp text;
  served bigint;
  ${serving.variable}
begin
  perform refuse_unsafe_writes();
  perform pg_advisory_xact_lock_shared(${FENCE_KEY});
  moment := clock_timestamp();
  ${serving.assignment}
  if valid_until <= moment or exists (
       select from unnest(decided_streams, decided_revisions) as d (stream, revision)
         left join stream_head h on h.stream = d.stream
        where coalesce(h.revision, 0) <> d.revision)${serving.refusal} then
    return;
  end if;
  -- In one order, as access_append does, so that none waits for one that waits for it.
  ${serving.insert} on conflict do nothing;
  get diagnostics served = row_count;
  if served < cardinality(sessions) then
    raise exception 'a request was served before' using errcode = '${REPEATED}';
  end if;
  stamp := rfc3339(moment);
  return query
    with written as (
      insert into access_journal (id, stream, workspace, aggregate, type, time, body, salt, detail)
      select unnest(ids), unnest(streams), unnest(workspaces), unnest(aggregates), unnest(types), moment,
             unnest(heads) || convert_to(stamp, 'UTF8') || unnest(tails), unnest(salts), unnest(details)
      returning position
    )
    select string_agg(position::text, ' '), stamp from written;
end $$;
`;

/** How the function remembers what it serves. */
interface Serving {
  readonly parameter: string;
  readonly variable: string;
  readonly assignment: string;
  readonly refusal: string;
  readonly insert: string;
}

const FOR_A_MINUTE: Serving = {
  parameter: '',
  variable: '',
  assignment: '',
  refusal: '',
  insert: `insert into served_request (session, counter)
  select unnest(sessions), unnest(counters) order by 1, 2`,
};

/** In the slot of its deadline, which is told in epoch milliseconds; see served-slots-schema.ts. */
const BY_DEADLINE: Serving = {
  parameter: 'deadlines bigint[], ',
  variable: 'now_ms bigint;',
  assignment: 'now_ms := epoch_ms(moment);',
  refusal: `
     or exists (select from unnest(deadlines) as deadline where served_slot(deadline, now_ms) is null)`,
  insert: `insert into served_request (slot, session, counter)
  select served_slot(unnest(deadlines), now_ms), unnest(sessions), unnest(counters) order by 1, 2, 3`,
};

/** Positions come from one sequence, and are looked for in the journal's order alone. */
const fewerIndexes = 'alter table access_journal drop constraint access_journal_pkey';

export const ACCESS_APPEND_SCHEMA: readonly string[] = [appendAll(FOR_A_MINUTE), fewerIndexes];

export const APPEND_ALL_BY_DEADLINE = appendAll(BY_DEADLINE);
