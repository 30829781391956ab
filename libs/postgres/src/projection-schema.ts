/** The tables of whoever folds another service's events. */

const tables = `
-- How far a projection has come in the order of one service; written in the transaction of the effect.
create table projection_checkpoint (
  projection text primary key,
  ordinal bigint not null
);
`;

const grants = `
do $$
declare service text := current_database() || '_service';
begin
  execute format('grant usage on schema public to %I', service);
  execute format('grant select, insert, update on projection_checkpoint to %I', service);
end $$;
`;

export const PROJECTION_SCHEMA: readonly string[] = [tables, grants];
