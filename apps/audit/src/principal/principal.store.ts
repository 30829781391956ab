/** The tables of principals and their roles: filled with the events that change them, read with each entry. */
import type { DatabaseTransaction } from '@keytrail/postgres';
import { sql } from 'kysely';
import type { PrincipalChanges, Registration, RoleChange } from './principal.view.js';

/** Adds what is not there yet. */
export async function appendPrincipals(tx: DatabaseTransaction, changes: PrincipalChanges): Promise<void> {
  const { registrations, roleChanges } = changes;
  if (registrations.length > 0) await appendRegistrations(tx, registrations);
  if (roleChanges.length > 0) await appendRoleChanges(tx, roleChanges);
}

async function appendRegistrations(tx: DatabaseTransaction, all: readonly Registration[]): Promise<void> {
  await sql`
    insert into principal (principal, kind, display_name)
    select * from unnest(
      ${all.map((r) => r.principal)}::text[], ${all.map((r) => r.kind)}::text[], ${all.map((r) => r.displayName)}::text[])
    on conflict do nothing`.execute(tx);
}

async function appendRoleChanges(tx: DatabaseTransaction, all: readonly RoleChange[]): Promise<void> {
  await sql`
    with change as (
      insert into principal_role_change (principal, workspace, role, time, ordinal, bound)
      select * from unnest(
        ${all.map((c) => c.principal)}::text[], ${all.map((c) => c.workspace)}::text[],
        ${all.map((c) => c.role)}::text[], ${all.map((c) => c.time)}::timestamptz[],
        ${all.map((c) => c.ordinal)}::bigint[], ${all.map((c) => c.bound)}::boolean[])
      returning principal, workspace, role)
    insert into principal_role select distinct * from change on conflict do nothing`.execute(tx);
}

/** Of one service the ordinal tells what came first in a millisecond; of two, nothing does. */
const UP_TO_THE_EVENT = sql`(c.time, c.ordinal) <=
  (audit_event.time, case audit_event.service when 'vault' then audit_event.ordinal else ${sql.lit(Number.MAX_SAFE_INTEGER)} end)`;

/** Columns of a query of `audit_event`: who its principal was when it acted. */
export const ACTOR_COLUMNS = [
  sql<string | null>`(select display_name from principal p where p.principal = audit_event.principal)`.as('actor'),
  sql<string | null>`(select kind from principal p where p.principal = audit_event.principal)`.as('actorKind'),
  sql<string | null>`(
    select string_agg(distinct role collate "C", ', ' order by role collate "C")
      from principal_role r
     where r.principal = audit_event.principal and r.workspace in (audit_event.workspace, '_system')
       and (select bound from principal_role_change c
             where c.principal = r.principal and c.workspace = r.workspace and c.role = r.role and ${UP_TO_THE_EVENT}
             order by time desc, ordinal desc limit 1))`.as('actorRole'),
];
