/** The tables of whoever folds another service's events. */
import { grantToService } from './grant.js';

const tables = `
-- How far a projection has come in the order of one service; written in the transaction of the effect.
create table projection_checkpoint (
  projection text primary key,
  ordinal bigint not null
);
`;

const grants = grantToService('select, insert, update on projection_checkpoint');

export const PROJECTION_SCHEMA: readonly string[] = [tables, grants];

const parked = `
-- Events whose effect failed, and those that wait behind them: whole, for when they are tried again.
create table parked (
  projection text not null,
  ordinal bigint not null,
  order_key text,
  subject text not null,
  body bytea not null,
  detail bytea,
  salt bytea,
  error_name text not null,
  error_message text not null,
  error_code text,
  attempts int not null,
  parked_at timestamptz not null,
  primary key (projection, ordinal)
);

create index parked_by_order_key on parked (projection, order_key, ordinal) where order_key is not null;
`;

const parkedGrants = grantToService(
  'select, insert, delete, update (error_name, error_message, error_code, attempts) on parked',
);

export const PARKED_SCHEMA: readonly string[] = [parked, parkedGrants];
