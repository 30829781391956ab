/** The tables of who may ask, under which names the outside world knows them, and of their tokens. */
import { grantToService, type SchemaStep } from '@keytrail/postgres';

const tables = `
-- One row a principal, written in the transaction of the events that it follows from.
create table principal (
  principal text primary key,
  kind text not null,
  display_name text not null,
  issuer text,
  subject text,
  nkey text unique,
  status text not null,
  -- Each an object of role and workspace.
  roles jsonb not null,
  -- Of the stream that the row was made from.
  revision bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check ((issuer is null) = (subject is null))
);
-- Whoever is to come back after a suspension is registered anew, under the same name.
create unique index principal_by_outside_name on principal (issuer, subject) where status = 'active';
create index principal_by_registration on principal (created_at, principal);

-- What is known of a token beside its events: by what to recognize it, what people call it, when it was last shown.
create table api_token (
  token_id text primary key,
  principal text not null references principal,
  -- SHA-256 of the token and of the secret by which it connects, in lower-case hexadecimal.
  sha256 text not null,
  connect_sha256 text not null,
  label text,
  created_at timestamptz not null,
  last_used_at timestamptz
);
create index api_token_by_principal on api_token (principal);
`;

const grants = grantToService(
  'select, insert, update (status, roles, revision, updated_at) on principal',
  'select, insert, update (last_used_at) on api_token',
);

export const PRINCIPAL_STEPS: readonly SchemaStep[] = [{ name: 'vault-0002', statements: [tables, grants] }];

const access = `
-- Null where nothing is held back; else until when, and who has asked for the release.
alter table principal add column quarantine jsonb;

-- One row a grant, written in the transaction of the events that it follows from: to list them, for decisions are made
-- on the streams.
create table access_grant (
  grant_id uuid primary key,
  principal text not null references principal,
  workspace text not null,
  -- Pattern, permissions and conditions, as the event says them.
  facts jsonb not null,
  given_by text not null,
  given_at timestamptz not null,
  event_id uuid not null,
  withdrawn_at timestamptz
);
create index access_grant_by_principal on access_grant (principal, given_at, grant_id) where withdrawn_at is null;
create index access_grant_by_workspace on access_grant (workspace, given_at, grant_id) where withdrawn_at is null;
create index access_grant_of_all on access_grant (given_at, grant_id) where withdrawn_at is null;
`;

const accessGrants = grantToService(
  'update (quarantine) on principal',
  'select, insert, update (withdrawn_at) on access_grant',
);

export const ACCESS_STEPS: readonly SchemaStep[] = [{ name: 'vault-0006', statements: [access, accessGrants] }];
