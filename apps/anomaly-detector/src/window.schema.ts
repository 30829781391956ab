/**
 * The tables of the windows: written in the transaction that moves the detector on, so that they are never ahead of it.
 */
import { grantToService, type SchemaStep } from '@keytrail/postgres';

const tables = `
-- A secret that has been obtained. What it has of window_stamp below kept_from is done with, whether it is gone yet or not.
create table watched_secret (
  reference text primary key,
  -- Another one with each transaction that has written the windows.
  version uuid not null,
  kept_from bigint not null
);

-- How often a secret was obtained at a time, in epoch milliseconds.
create table window_stamp (
  reference text not null,
  at bigint not null,
  count int not null,
  primary key (reference, at)
);
create index window_stamp_by_age on window_stamp (at);
`;

const grants = grantToService(
  'select, insert, update on watched_secret',
  'select, insert, update, delete on window_stamp',
);

export const WINDOW_STEP: SchemaStep = { name: 'window-0001', statements: [tables, grants] };
