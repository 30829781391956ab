/** The vault's own tables: each workspace's wrapped keys, each version's sealed material, and the vault's own keys. */
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

/** Sealing keys are deleted after their time: then nobody opens what was recorded of it. */
const vaultKeys = `
create table vault_key (
  key_id uuid primary key,
  purpose text not null check (purpose in ('signing', 'sealing')),
  public_key bytea not null,
  wrapped bytea not null,
  not_before timestamptz,
  not_after timestamptz,
  check ((purpose = 'sealing') = (not_before is not null and not_after is not null))
);
create unique index vault_key_signing on vault_key (purpose) where purpose = 'signing';
`;

export const VAULT_KEY_STEPS: readonly SchemaStep[] = [
  { name: 'vault-0003', statements: [vaultKeys, grantToService('select, insert, delete on vault_key')] },
];
