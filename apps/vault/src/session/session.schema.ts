/** The table of sessions: what any replica needs to serve a session that another has opened. */
import { grantToService, type SchemaStep } from '@keytrail/postgres';

const tables = `
create table session (
  session_id uuid primary key,
  principal text not null,
  conn text not null,
  token_id text,
  -- Where nats-server saw the caller; null for a process of Keytrail's own.
  address text,
  key_id uuid not null references keyring,
  wrapped_secret bytea not null,
  expires_at timestamptz not null,
  -- SHA-256 of the set-up's enc: a session is opened once by each, for as long as its sealing key opens anything.
  set_up bytea not null unique,
  set_up_until timestamptz not null
);
create index session_by_end on session (set_up_until);
`;

export const SESSION_STEPS: readonly SchemaStep[] = [
  { name: 'vault-0004', statements: [tables, grantToService('select, insert, delete on session')] },
];
