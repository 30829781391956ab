/** The vault's own tables: each workspace's wrapped keys, and each version's sealed material. */
import { grantToService, type SchemaStep } from '@keytrail/postgres';

const tables = `
create table keyring (
  key_id uuid primary key,
  workspace text not null,
  purpose text not null check (purpose in ('kek', 'fingerprint')),
  root_key_id text not null,
  wrapped bytea not null,
  wraps bigint not null default 0,
  wrap_budget bigint not null,
  created_at timestamptz not null default clock_timestamp(),
  unique (workspace, purpose)
);

create table sealed_version (
  secret_id uuid not null,
  version int not null,
  workspace text not null,
  key_id uuid not null references keyring,
  wrapped_key bytea not null,
  ciphertext bytea not null,
  primary key (secret_id, version)
);
`;

const grants = grantToService('select, insert, update (wraps) on keyring', 'select, insert on sealed_version');

export const KEY_STEPS: readonly SchemaStep[] = [{ name: 'vault-0001', statements: [tables, grants] }];
