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
