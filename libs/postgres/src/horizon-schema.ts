/** Who holds back the readers of the journal's order; a function, because a service must not see what others run. */
import { grantToService } from './grant.js';

/**
 * Only who has a transaction id counts: that is what a snapshot's xmin waits for, in whichever database. The owner sees
 * other sessions through `pg_read_all_stats`, which provisioning gives it, and lets through nothing but names and an
 * age.
 */
const horizonHolder = `
create function horizon_holder() returns table (holder text, age_seconds float8)
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  select concat_ws(' ', t.datname, t.what), greatest(extract(epoch from clock_timestamp() - t.since), 0)::float8
    from (
      select datname, case backend_type when 'client backend' then state else backend_type end, xact_start, backend_xid
        from pg_stat_activity where backend_xid is not null
      union all
      select database, 'prepared', prepared, transaction from pg_prepared_xacts
    ) t (datname, what, since, xid)
   order by age(t.xid) desc limit 1
$$;
revoke all on function horizon_holder() from public;
`;

export const HORIZON_SCHEMA: readonly string[] = [
  horizonHolder,
  grantToService('execute on function horizon_holder()'),
];
