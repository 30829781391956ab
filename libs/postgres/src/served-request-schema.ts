/** Which requests of a session have been served, and the fence's function that serves each of them once. */
import { grantToService } from './grant.js';
import { FENCE_KEY } from './journal-schema.js';

/**
 * Not logged, for a request cannot be served after its deadline: the rows matter for seconds, and a server that comes
 * back from a crash or takes another's place may begin without them. The time is indexed for those who forget.
 */
const table = `
create unlogged table served_request (
  session uuid not null,
  counter bigint not null,
  served_at timestamptz not null default clock_timestamp(),
  primary key (session, counter)
);
create index served_request_age on served_request (served_at);
`;

/**
 * Judged first, under the fence (see journal-schema.ts); then what is good is served, and what is served is written. A
 * row that meets a request which another transaction is serving waits for its end: all serve in one order, so that none
 * waits for one that waits for it.
 */
const accessAppend = (named: NamedStream, serving: Serving): string => `
create function access_append(
  ids uuid[], ${named.parameter}streams text[], revisions bigint[], workspace_streams text[], workspace_revisions bigint[],
  principal_streams text[], principal_revisions bigint[], valid_until timestamptz[],
  sessions uuid[], counters bigint[], ${serving.parameter}workspaces text[], aggregates text[], types text[],
  heads text[], tails text[], salts bytea[], details bytea[])
returns table (outcome text, at_position bigint, event_time text) language plpgsql volatile as $$
#variable_conflict use_column
declare
  moment timestamptz;
  stamp text;
begin
  perform refuse_unsafe_writes();
  perform pg_advisory_xact_lock_shared(${FENCE_KEY});
  moment := clock_timestamp();
  stamp := rfc3339(moment);
  return query
    with judged as materialized (
      select r.*, ${serving.slot} as slot,
             case when coalesce(s.revision, 0) <> r.revision
                    or coalesce(w.revision, 0) <> r.workspace_revision
                    or coalesce(p.revision, 0) <> r.principal_revision then 'stale'
                  when r.valid_until <= moment then 'expired'
                  ${serving.refusal}else 'recorded' end as outcome
        from unnest(ids, ${named.argument}streams, revisions, workspace_streams, workspace_revisions, principal_streams,
                    principal_revisions, valid_until, sessions, counters, ${serving.argument}workspaces, aggregates, types,
                    heads, tails, salts, details) with ordinality
             as r (id, ${named.column}stream, revision, workspace_stream, workspace_revision, principal_stream,
                   principal_revision, valid_until, session, counter, ${serving.column}workspace, aggregate, type,
                   head, tail, salt, detail, number)
        left join stream_head s on s.stream = r.stream
        left join stream_head w on w.stream = r.workspace_stream
        left join stream_head p on p.stream = r.principal_stream
    ), asked as (
      select distinct on (session, counter) slot, session, counter, number from judged
       where judged.outcome = 'recorded' and session is not null order by session, counter, number
    ), served as (
      ${serving.insert}
      on conflict do nothing
      returning session, counter
    ), written as (
      insert into access_journal (id, stream, workspace, aggregate, type, time, body, salt, detail)
      select id, ${named.source}, workspace, aggregate, type, moment,
             convert_to(head || stamp || tail, 'UTF8'), salt, detail
        from judged
       where judged.outcome = 'recorded'
         and (session is null or number in (select number from asked)
                             and (session, counter) in (select session, counter from served))
       order by number
      returning id, position
    )
    select case when j.outcome = 'recorded' and a.id is null then 'repeated' else j.outcome end, a.position, stamp
      from judged j left join written a on a.id = j.id order by j.number;
end $$;
`;

/** Where the function finds an event's own stream. */
interface NamedStream {
  readonly parameter: string;
  readonly argument: string;
  readonly column: string;
  readonly source: string;
}

/** How the function remembers what it serves. */
interface Serving {
  readonly parameter: string;
  readonly argument: string;
  readonly column: string;
  readonly slot: string;
  readonly refusal: string;
  readonly insert: string;
}

/** For a minute from when it was served, whatever its deadline is. */
const FOR_A_MINUTE: Serving = {
  parameter: '',
  argument: '',
  column: '',
  slot: 'null',
  refusal: '',
  insert: `insert into served_request (session, counter)
      select session, counter from asked order by session, counter`,
};

/** An access is told in the stream of the secret that it was decided on. */
const OF_THE_SECRET: NamedStream = { parameter: '', argument: '', column: '', source: 'stream' };

/** For those who may not ask no secret is looked at: their denial rests on none, and is told of one all the same. */
const BY_ITSELF: NamedStream = {
  parameter: 'own_streams text[], ',
  argument: 'own_streams, ',
  column: 'own_stream, ',
  source: 'own_stream',
};

/** The time is the database's to give, as the order is: whoever could choose it could have a request forgotten. */
const grants = grantToService('select, insert (session, counter), delete on served_request');

export const SERVED_REQUEST_SCHEMA: readonly string[] = [
  table,
  'drop function access_append',
  accessAppend(OF_THE_SECRET, FOR_A_MINUTE),
  grants,
];

export const OWN_STREAM_SCHEMA: readonly string[] = [
  'drop function access_append',
  accessAppend(BY_ITSELF, FOR_A_MINUTE),
];

/** In the slot of its deadline, which is told in epoch milliseconds; see served-slots-schema.ts. */
const BY_DEADLINE: Serving = {
  parameter: 'deadlines bigint[], ',
  argument: 'deadlines, ',
  column: 'deadline, ',
  slot: 'served_slot(r.deadline, epoch_ms(moment))',
  refusal: `when r.session is not null and served_slot(r.deadline, epoch_ms(moment)) is null then 'repeated'
                  `,
  insert: `insert into served_request (slot, session, counter)
      select slot, session, counter from asked order by 1, 2, 3`,
};

export const APPEND_BY_DEADLINE = accessAppend(BY_ITSELF, BY_DEADLINE);
