/** The table of connections: whose each is, and where nats-server saw it. */
import { grantToService, type SchemaStep } from '@keytrail/postgres';

const table = `
create table connection (
  conn text primary key,
  principal text not null,
  address text not null,
  bound_at timestamptz not null default clock_timestamp()
);
create index connection_by_time on connection (bound_at);
`;

const grants = grantToService('select, insert, delete, update (address, bound_at) on connection');

export const CONNECTION_STEPS: readonly SchemaStep[] = [{ name: 'vault-0005', statements: [table, grants] }];
