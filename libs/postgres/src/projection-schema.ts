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
