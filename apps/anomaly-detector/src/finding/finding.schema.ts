/** The table of findings: each is one episode, and the state that its rule goes on from. */
import { grantToService, type SchemaStep } from '@keytrail/postgres';

const table = `
create table finding (
  id uuid primary key,
  reference text not null,
  workspace text not null,
  rule text not null,
  window_seconds int not null,
  threshold int not null,
  count int not null,
  observed_at timestamptz not null,
  event_id uuid not null,
  detected_at timestamptz not null,
  -- When the count is back at the threshold, unless there are further accesses.
  open_until timestamptz not null,
  -- Of the access that found it back there.
  ended_at timestamptz,
  unique (event_id, rule)
);

create unique index finding_open on finding (reference, rule) where ended_at is null;
create index finding_by_reference on finding (reference, id);
create index finding_by_workspace on finding (workspace, id);
`;

const grants = grantToService('select, insert, update (open_until, ended_at) on finding');

export const FINDING_STEP: SchemaStep = { name: 'finding-0001', statements: [table, grants] };
