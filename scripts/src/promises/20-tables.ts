/** What the roles of the services' databases may do with tables, by the document; each is one statement. */
import { busNames, type DatabaseOwner, databaseOwners } from '../local-databases.js';
import { isYes, listIn, type Row, tablesUnder } from './20-matrix.js';

export type DatabaseRole = 'service' | 'owner';
export const DATABASE_ROLES: readonly DatabaseRole[] = ['service', 'owner'];

/** A table as the database has it; partitions are tables of their own. */
export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
}

export const ON_TABLES = [
  'SELECT',
  'DELETE',
  'TRUNCATE',
  'DROP',
  'ALTER',
  'disable triggers',
  'make a trigger',
] as const;
export const ON_COLUMNS = ['INSERT', 'UPDATE'] as const;

/** What is done to a table, or to one of its columns. */
export interface Deed {
  readonly verb: (typeof ON_TABLES)[number] | (typeof ON_COLUMNS)[number];
  readonly table: string;
  readonly column?: string;
}

/** Whether a role may, by the document; throws where it says nothing of the table. */
export type TableRights = (service: DatabaseOwner, role: DatabaseRole, deed: Deed) => boolean;

/** Changed and emptied by nobody, its owner included. */
const APPEND_ONLY: ReadonlySet<string> = new Set(['journal', 'access_journal', 'access_journal_*']);
const IN_APPEND_ONLY: ReadonlySet<Deed['verb']> = new Set(['UPDATE', 'DELETE', 'TRUNCATE']);

/** Partitions share a row. */
const rowNameOf = (table: string): string => table.replace(/^(access_journal|served_request)_\d+$/, '$1_*');

export const isAppendOnly = (table: string): boolean => APPEND_ONLY.has(rowNameOf(table));

/** By service and table. */
function rowsOf(document: string): ReadonlyMap<string, Row> {
  const [rows] = tablesUnder(document, 'What services may in their databases') as [readonly Row[]];
  return new Map(
    rows.flatMap((row) =>
      listIn(row['database'] ?? '').flatMap((service) =>
        listIn(row['table'] ?? '').map((table) => [`${service} ${table}`, row] as const),
      ),
    ),
  );
}

export function tableRightsIn(document: string): TableRights {
  const rows = rowsOf(document);
  return (service, role, { verb, table, column }) => {
    const row = rows.get(`${busNames[service]} ${rowNameOf(table)}`);
    if (row === undefined) throw new Error(`docs/access.md says nothing of the table ${table} of ${service}`);
    if (role === 'owner') return !(isAppendOnly(table) && IN_APPEND_ONLY.has(verb));
    const cell = row[verb];
    if (cell === undefined) return false;
    const isListed = !['yes', 'no'].includes(cell);
    return isListed && column !== undefined ? listIn(cell).includes(column) : isYes(cell);
  };
}

/** What the document names and the database has not. */
export function absentFrom(document: string, tables: ReadonlyMap<DatabaseOwner, readonly Table[]>): readonly string[] {
  const present = new Set(
    databaseOwners.flatMap((service) =>
      (tables.get(service) ?? []).map(({ name }) => `${busNames[service]} ${rowNameOf(name)}`),
    ),
  );
  return [...rowsOf(document).keys()].filter((name) => !present.has(name));
}

/** All that can be done to a table. */
export const deedsOn = ({ name: table, columns }: Table): readonly Deed[] => [
  ...ON_TABLES.map((verb) => ({ verb, table })),
  ...ON_COLUMNS.flatMap((verb) => columns.map((column) => ({ verb, table, column }))),
];

/**
 * Statements that do it to no row: PostgreSQL looks at privileges first. Where triggers refuse row by row there has to
 * be a row, which the owner puts there.
 */
export function statementsOf({ verb, table, column = '' }: Deed, role: DatabaseRole): readonly string[] {
  const isRefusedByRow = role === 'owner' && isAppendOnly(table);
  const rows = isRefusedByRow ? 'where tx = pg_current_xact_id()' : 'where false';
  const first = isRefusedByRow ? [rowInto(table)] : [];
  switch (verb) {
    case 'SELECT':
      return [`select * from ${table} limit 1`];
    case 'INSERT':
      return [`insert into ${table} (${column}) values (default)`];
    case 'UPDATE':
      return [...first, `update ${table} set ${column} = default ${rows}`];
    case 'DELETE':
      return [...first, `delete from ${table} ${rows}`];
    case 'TRUNCATE':
      return [`truncate ${table}`];
    case 'DROP':
      return [`drop table ${table}`];
    case 'ALTER':
      return [`alter table ${table} replica identity full`];
    case 'disable triggers':
      return [`alter table ${table} disable trigger user`];
    case 'make a trigger':
      return [
        `create trigger drill before insert on ${table} for each statement
           execute function suppress_redundant_updates_trigger()`,
      ];
  }
}

const POSITIONS_PER_PARTITION = 1 << 24;

/** A row of its own in the journal, in the journal of accesses, or at the end of one of its partitions. */
function rowInto(table: string): string {
  const partition = /\d+$/.exec(table)?.[0];
  const more =
    partition === undefined
      ? table === 'journal'
        ? { revision: '1' }
        : {}
      : { position: String((Number(partition) + 1) * POSITIONS_PER_PARTITION - 1) };
  const row = {
    id: 'gen_random_uuid()',
    stream: `'drill'`,
    workspace: `'_system'`,
    aggregate: `'drill'`,
    type: `'Drill'`,
    time: 'now()',
    body: `''`,
    ...more,
  };
  return `insert into ${table} (${Object.keys(row).join(', ')}) values (${Object.values(row).join(', ')})`;
}
