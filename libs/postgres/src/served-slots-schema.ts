/**
 * Requests that have been served, kept by their deadlines: nobody can ask again once that has passed, so all whose time
 * is over are forgotten at once, by emptying the table that holds them.
 */
import { APPEND_ALL_BY_DEADLINE } from './access-append-schema.js';
import { grantToService } from './grant.js';
import { APPEND_BY_DEADLINE } from './served-request-schema.js';

/** Each holds the requests of so long (2^15 ms), and one in so many is theirs again. */
const SLOT_BITS = 15;
const SLOTS = 16;

/**
 * A request is served while its deadline (epoch ms) is no further from the database's clock: what lies behind may have
 * been served and forgotten, whatever the clock of the vault says that asks.
 */
const BEHIND_MS = 60_000;
const AHEAD_MS = 90_000;

const slotOf = `
create function served_slot(deadline bigint, now_ms bigint) returns smallint immutable parallel safe language sql
  return case when deadline between now_ms - ${BEHIND_MS} and now_ms + ${AHEAD_MS}
              then (deadline >> ${SLOT_BITS} & ${SLOTS - 1})::smallint end;
create function epoch_ms(moment timestamptz) returns bigint immutable parallel safe language sql
  return (extract(epoch from moment) * 1000)::bigint;
`;

/**
 * Not logged, for the rows matter for seconds, and a server that comes back from a crash or takes another's place may
 * begin without them. A request has one deadline, which its sender has signed, and so one slot. There is nothing in it
 * to vacuum, for its rows come and are gone together.
 */
const table = `
create table served_request (
  slot smallint not null,
  session uuid not null,
  counter bigint not null
) partition by list (slot);
do $$
begin
  for slot in 0 .. ${SLOTS - 1} loop
    execute format('create unlogged table served_request_%s partition of served_request for values in (%s)
      with (autovacuum_enabled = false)', slot, slot);
    execute format('create unique index on served_request_%s (session, counter)', slot);
  end loop;
end $$;
`;

/**
 * A slot that is remembered still, or was a slot's length ago, is left alone: who was let in then has written. One that
 * somebody reads is left for later, for whoever waited to empty it would keep others out of it.
 */
const forget = `
create function forget_served_requests() returns void language plpgsql security definer set search_path = public, pg_temp as $$
declare
  now_ms bigint := epoch_ms(clock_timestamp());
  first bigint := (now_ms - ${BEHIND_MS} >> ${SLOT_BITS}) - 1;
  last bigint := now_ms + ${AHEAD_MS} >> ${SLOT_BITS};
  part text;
begin
  for number in last + 1 .. first + ${SLOTS - 1} loop
    part := format('served_request_%s', number & ${SLOTS - 1});
    continue when pg_relation_size(part) = 0;
    begin
      execute format('lock table %I in access exclusive mode nowait', part);
      execute format('truncate %I', part);
    exception when lock_not_available then
      null;
    end;
  end loop;
end $$;
`;

export const SERVED_SLOTS_SCHEMA: readonly string[] = [
  'drop function access_append',
  'drop function access_append_all',
  'drop table served_request',
  slotOf,
  table,
  APPEND_BY_DEADLINE,
  APPEND_ALL_BY_DEADLINE,
  forget,
  'revoke all on function forget_served_requests() from public',
  grantToService('select, insert on served_request', 'execute on function forget_served_requests()'),
];
