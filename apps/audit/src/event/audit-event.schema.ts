/** The table of what is kept of each event. */
import { grantToService, type SchemaStep } from '@keytrail/postgres';

const table = `
create table audit_event (
  service text not null,
  ordinal bigint not null,
  id uuid,
  time timestamptz not null,
  action text not null,
  type text not null,
  outcome text not null,
  code text,
  workspace text not null,
  reference text,
  version int,
  principal text,
  via text,
  request_id text,
  trace_id text,
  ip text,
  user_agent text,
  purpose text,
  details jsonb not null,
  primary key (service, ordinal)
);

create index audit_event_by_time on audit_event (time, service, ordinal);
create index audit_event_by_workspace on audit_event (workspace, time, service, ordinal);
create index audit_event_by_reference on audit_event (reference, time, service, ordinal);
create index audit_event_by_principal on audit_event (principal, time, service, ordinal);
create index audit_event_by_request on audit_event (request_id);

-- Nearly all events are decrypts that succeeded, and those the other indexes find at once: only the rest needs its own.
create index audit_event_by_action on audit_event (action, time, service, ordinal) where action <> 'decrypt';
create index audit_event_failures on audit_event (time, service, ordinal) where outcome = 'failure';
`;

const grants = grantToService('select, insert on audit_event');

export const AUDIT_EVENT_STEP: SchemaStep = { name: 'audit-event-0001', statements: [table, grants] };

const ofAll = `
-- Its condition always holds, and keeps it to questions that repeat it: those that nothing narrows down. For any other
-- it looks cheaper to the planner than it is, for what somebody looks for may all be old, with all that is newer to be
-- read first.
drop index audit_event_by_time;
create index audit_event_of_all on audit_event (time, service, ordinal) where ordinal > 0;
`;

export const AUDIT_EVENT_SUBJECT_STEP: SchemaStep = {
  name: 'audit-event-0003',
  statements: ['alter table audit_event add column subject text'],
};

export const AUDIT_EVENT_INDEX_STEP: SchemaStep = { name: 'audit-event-0002', statements: [ofAll] };

const streams = `
-- What says who may what, and nothing else: few events, found by the principal or the workspace that they are of.
create index audit_event_of_stream on audit_event (subject, ordinal)
  where service = 'vault' and (type like 'keytrail.principal.%' or type like 'keytrail.workspace.%');
`;

export const AUDIT_EVENT_STREAM_STEP: SchemaStep = { name: 'audit-event-0004', statements: [streams] };
