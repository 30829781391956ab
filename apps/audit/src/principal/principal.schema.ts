/** The tables of who is behind a principal. */
import { grantToService, type SchemaStep } from '@keytrail/postgres';

const tables = `
create table principal (
  principal text primary key,
  kind text not null,
  display_name text
);

-- Each role that somebody has, or ever had.
create table principal_role (
  principal text not null,
  workspace text not null,
  role text not null,
  primary key (principal, workspace, role)
);

-- What somebody had at a time is what the latest change up to then says, not what was written last: an event that was
-- parked comes after those behind it.
create table principal_role_change (
  principal text not null,
  workspace text not null,
  role text not null,
  time timestamptz not null,
  ordinal bigint not null,
  bound boolean not null,
  primary key (principal, workspace, role, time, ordinal)
);
`;

const grants = grantToService('select, insert on principal, principal_role, principal_role_change');

export const PRINCIPAL_STEP: SchemaStep = { name: 'principal-0001', statements: [tables, grants] };
