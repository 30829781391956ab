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
