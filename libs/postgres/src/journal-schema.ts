/** The journal's tables in SQL: the order, the fence, and the append-only rule. */
import { grantToService } from './grant.js';

/** The advisory lock that accesses share and withdrawals hold alone; any constant of the database will do. */
export const FENCE_KEY = 7_265_746;

/** Positions per partition of `access_journal`. */
const PARTITION_POSITIONS = 1 << 24;

/** Partitions kept ready beyond the one in use. */
const PARTITIONS_AHEAD = 2;

/**
 * SQLSTATE with which the journal refuses to write while PostgreSQL would not keep what it acknowledges, or order it as
 * it must.
 */
const UNSAFE = 'KT001';

const eventColumns = `
  id uuid not null,
  stream text not null,
  workspace text not null,
  aggregate text not null,
  type text not null,
  time timestamptz not null,
  body bytea not null,
  salt bytea,
  detail bytea`;

const tables = `
create sequence journal_position as bigint;

-- The revision of each stream of decisions; the guard of every append, and what accesses are decided on.
create table stream_head (
  stream text primary key,
  revision bigint not null check (revision > 0)
);

create table journal (
  position bigint primary key default nextval('journal_position'),
  tx xid8 not null default pg_current_xact_id(),
  revision bigint not null,
  ${eventColumns},
  unique (id),
  unique (stream, revision)
);
create index journal_order on journal (tx, position);

create table access_journal (
  position bigint not null default nextval('journal_position'),
  tx xid8 not null default pg_current_xact_id(),
  ${eventColumns},
  primary key (position)
) partition by range (position);
create index access_journal_order on access_journal (tx, position);

create table relay_mark (
  relay text primary key,
  tx xid8 not null,
  position bigint not null,
  ordinal bigint not null,
  event_id uuid,
  time timestamptz
);
`;

const appendOnly = `
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: % refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end $$;

create trigger append_only before update or delete on journal for each row execute function refuse_change();
create trigger never_emptied before truncate on journal execute function refuse_change();
alter table journal enable always trigger append_only;
alter table journal enable always trigger never_emptied;

create trigger append_only before update or delete on access_journal for each row execute function refuse_change();
create trigger never_emptied before truncate on access_journal execute function refuse_change();
alter table access_journal enable always trigger append_only;
alter table access_journal enable always trigger never_emptied;

-- A partition is attached, not created in place: that would lock out every access behind the longest reader. A truncate
-- trigger is not inherited, so each partition is given its own.
create function ensure_access_partitions() returns void language plpgsql security definer set search_path = public, pg_temp as $$
declare
  number bigint;
  part text;
begin
  perform pg_advisory_xact_lock(${FENCE_KEY + 1});
  select last_value / ${PARTITION_POSITIONS} into number from journal_position;
  for n in number .. number + ${PARTITIONS_AHEAD} loop
    part := format('access_journal_%s', lpad(n::text, 6, '0'));
    if to_regclass('public.' || part) is null then
      execute format('create table %I (like access_journal including all,
        constraint bounds check (position >= %s and position < %s))', part, n * ${PARTITION_POSITIONS}, (n + 1) * ${PARTITION_POSITIONS});
      execute format('alter table access_journal attach partition %I for values from (%s) to (%s)',
        part, n * ${PARTITION_POSITIONS}, (n + 1) * ${PARTITION_POSITIONS});
      execute format('create trigger never_emptied before truncate on %I execute function refuse_change()', part);
      execute format('alter table %I enable always trigger never_emptied', part);
      execute format('alter table %I enable always trigger append_only', part);
    end if;
  end loop;
end $$;
select ensure_access_partitions();
`;

const refuseUnsafeWrites = (thenDo: string): string => `
create or replace function refuse_unsafe_writes() returns void language plpgsql as $$
declare
  unsafe text := concat_ws(', ',
    case when current_setting('fsync') <> 'on' then 'fsync is off' end,
    case when current_setting('full_page_writes') <> 'on' then 'full_page_writes is off' end,
    case when current_setting('synchronous_commit') not in ('on', 'remote_apply') then 'synchronous_commit is not on' end,
    case when current_setting('transaction_isolation') <> 'read committed' then 'the isolation is not read committed' end,
    case when pg_is_in_recovery() then 'the server is a standby' end);
begin
  if unsafe <> '' then
    raise exception 'the journal refuses to write: %', unsafe using errcode = '${UNSAFE}';
  end if;
  ${thenDo}
end $$;
`;

/** Held until the transaction ends: a setting of the server that changes meanwhile must not reach its commit. */
const pinned = `perform set_config('synchronous_commit', current_setting('synchronous_commit'), true);`;

export const PINNED_COMMIT_SCHEMA: readonly string[] = [refuseUnsafeWrites(pinned)];

const safety = `
${refuseUnsafeWrites('')}
create function rfc3339(moment timestamptz) returns text stable language sql
  return to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
`;

/**
 * The fence. The lock comes first and the judgement is a statement of its own, so that its snapshot is taken after the
 * lock: whoever withdraws holds the lock alone until it has committed, hence is seen here or stands behind us in order.
 */
const accessAppend = `
create function access_append(
  ids uuid[], streams text[], revisions bigint[], workspace_streams text[], workspace_revisions bigint[],
  valid_until timestamptz[], workspaces text[], types text[], heads text[], tails text[], salts bytea[], details bytea[])
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
      select r.*,
             case when coalesce(s.revision, 0) <> r.revision
                    or coalesce(w.revision, 0) <> r.workspace_revision then 'stale'
                  when r.valid_until <= moment then 'expired'
                  else 'recorded' end as outcome
        from unnest(ids, streams, revisions, workspace_streams, workspace_revisions, valid_until, workspaces, types,
                    heads, tails, salts, details) with ordinality
             as r (id, stream, revision, workspace_stream, workspace_revision, valid_until, workspace, type,
                   head, tail, salt, detail, number)
        left join stream_head s on s.stream = r.stream
        left join stream_head w on w.stream = r.workspace_stream
    ), written as (
      insert into access_journal (id, stream, workspace, aggregate, type, time, body, salt, detail)
      select id, stream, workspace, 'access', type, moment,
             convert_to(head || stamp || tail, 'UTF8'), salt, detail
        from judged where judged.outcome = 'recorded' order by number
      returning id, position
    )
    select j.outcome, a.position, stamp from judged j left join written a on a.id = j.id order by j.number;
end $$;
`;

const headsOnlyGrow = `
create function refuse_lower_head() returns trigger language plpgsql as $$
begin
  raise exception 'a stream never goes back' using errcode = 'insufficient_privilege';
end $$;
create trigger only_grows before update on stream_head for each row
  when (new.stream <> old.stream or new.revision <= old.revision) execute function refuse_lower_head();
alter table stream_head enable always trigger only_grows;
`;

/** Transaction id and position are the database's to give: whoever could choose them could hide from the relay. */
const columnsOfTheService = 'id, stream, workspace, aggregate, type, time, body, salt, detail';

const grants = grantToService(
  'select on journal, access_journal',
  `insert (${columnsOfTheService}, revision) on journal`,
  `insert (${columnsOfTheService}) on access_journal`,
  'select, insert, update on stream_head, relay_mark',
  'usage, select on sequence journal_position',
  'execute on function ensure_access_partitions()',
);

/** The whole schema of a journal, in the order in which it is created. */
export const JOURNAL_SCHEMA: readonly string[] = [
  tables,
  appendOnly,
  headsOnlyGrow,
  safety,
  accessAppend,
  'revoke all on function ensure_access_partitions() from public',
  grants,
];
