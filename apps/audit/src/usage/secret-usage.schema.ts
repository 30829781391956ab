/** The table of counts per reference. */
import { grantToService, type SchemaStep } from '@keytrail/postgres';

const table = `
create table secret_usage (
  reference text primary key,
  decrypted bigint not null,
  denied bigint not null,
  last_used_at timestamptz,
  last_used_by text
);
`;

const grants = grantToService('select, insert, update on secret_usage');

export const SECRET_USAGE_STEP: SchemaStep = { name: 'secret-usage-0001', statements: [table, grants] };

const anomalies = `
alter table secret_usage add column access_anomaly_detected_at timestamptz;
alter table secret_usage add column workspace text generated always as (split_part(reference, '.', 2)) stored;
create index secret_usage_by_workspace on secret_usage (workspace, reference);
`;

export const SECRET_ANOMALY_STEP: SchemaStep = { name: 'secret-usage-0002', statements: [anomalies] };
