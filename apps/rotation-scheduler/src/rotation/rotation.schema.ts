/** The tables of what is due and of what has run. */
import { grantToService, type SchemaStep } from '@keytrail/postgres';

const tables = `
-- One row a secret that has a policy or was ever rotated, written in the transaction of the events that it follows from.
create table rotation_due (
  reference text primary key,
  workspace text not null,
  -- Of the stream that the row was made from.
  revision bigint not null,
  -- The policy as it is shown, but for its status; null where none stands.
  policy jsonb,
  due_at timestamptz,
  notify_at timestamptz,
  -- When a worker next looks at the secret; null where nothing is to be done by itself. Whoever takes it up moves this on by
  -- a lease, so that another goes on where it does not come back.
  wake_at timestamptz,
  -- How often the vault could not be asked since something was last recorded.
  attempts int not null default 0
);
create index rotation_due_by_wake on rotation_due (wake_at) where wake_at is not null;
create index rotation_due_by_moment on rotation_due (due_at, reference) where policy is not null;
create index rotation_due_by_workspace on rotation_due (workspace, reference) where policy is not null;

create table rotation_run (
  id uuid primary key,
  reference text not null,
  workspace text not null,
  trigger text not null,
  handler text not null,
  status text not null,
  version int,
  code text,
  started_by text not null,
  started_at timestamptz not null,
  ended_at timestamptz
);
create index rotation_run_by_start on rotation_run (started_at, id);
create index rotation_run_by_workspace on rotation_run (workspace, started_at, id);
create index rotation_run_by_reference on rotation_run (reference, started_at, id);
`;

const grants = grantToService('select, insert, update on rotation_due, rotation_run');

export const ROTATION_STEP: SchemaStep = { name: 'rotation-0001', statements: [tables, grants] };
