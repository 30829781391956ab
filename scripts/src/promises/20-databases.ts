/** Tries what the services' logins may in PostgreSQL, each in a transaction that is rolled back. */
import fs from 'node:fs';
import { Client, type DatabaseError } from 'pg';
import { databaseOf, type DatabaseOwner, databaseOwners, databaseUrlFile } from '../local-databases.js';
import { stateFolder } from '../state-folder.js';
import type { System } from '../system.js';
import { askPatiently } from './20-asking.js';
import type { AskedCell, Cell } from './20-least-privilege.judge.js';
import { isYes, type Row, tablesUnder } from './20-matrix.js';
import {
  absentFrom,
  DATABASE_ROLES,
  type DatabaseRole,
  deedsOn,
  statementsOf,
  type Table,
  tableRightsIn,
} from './20-tables.js';
import { query } from './records.js';

interface Login {
  readonly service: DatabaseOwner;
  readonly role: DatabaseRole;
  readonly url: string;
}

/** `outside` of a transaction, where the server insists on that. */
interface Attempt extends Cell {
  readonly statements: readonly string[];
  readonly outside: boolean;
}

const LOCK_TIMEOUT_MS = 2_000;
const SUPERUSER = 'promise-20-superuser';

/** Statements, some of which are tried together. */
type Deeds = (of: { readonly login: Login; readonly logins: readonly string[] }) => readonly (readonly string[])[];

const once =
  (statement: string): Deeds =>
  () => [[statement]];
const hasJournal = ({ service }: Login): boolean => service !== 'audit';
const inJournals =
  (statement: string): Deeds =>
  ({ login }) =>
    hasJournal(login) ? [[statement]] : [];

/** By what the document calls them. */
const BESIDES_TABLES: Readonly<Record<string, Deeds>> = {
  'become another role': ({ logins }) =>
    logins.flatMap((login) => [[`set role ${login}`], [`set session authorization ${login}`]]),
  'become a superuser': once('alter role current_user superuser'),
  'make a role': once('create role drill'),
  'grant itself more': ({ login }) => {
    const table = hasJournal(login) ? 'stream_head' : 'audit_event';
    return [[`grant truncate on ${table} to current_user`, `truncate ${table}`]];
  },
  'make a table': once('create table drill (x int)'),
  'make a temporary table': once('create temporary table drill (x int)'),
  'make a function': once('create function drill() returns int language sql as $$ select 1 $$'),
  'make a schema': once('create schema drill'),
  'take the place of a function': inJournals(
    'create or replace function refuse_change() returns trigger language plpgsql as $$ begin return null; end $$',
  ),
  'set a sequence back': inJournals('alter sequence journal_position restart'),
  'put triggers to sleep for a session': once('set session_replication_role = replica'),
  'change a setting of the server': once(`alter system set application_name = 'drill'`),
  'read the passwords of roles': once('select rolpassword from pg_authid'),
  'interrupt a superuser': once(
    `select pg_cancel_backend(pid) from pg_stat_activity where application_name = '${SUPERUSER}'`,
  ),
  'read a file, list a folder': () => [[`select pg_read_file('postgresql.conf')`], [`select pg_ls_dir('.')`]],
  'write a file': once(`copy (select 1) to '/tmp/keytrail-drill'`),
  'run a program': once(`copy (select 1) to program 'true'`),
  'import a file as a large object': once(`select lo_import('/etc/hostname')`),
};

/** Takes no statement, but a connection. */
const OPEN_ANOTHER = 'open the database of another service';

export interface DatabaseAnswers {
  readonly planned: number;
  readonly asked: readonly AskedCell[];
}

/** Asks everything of every login. Throws where document and databases do not name the same tables. */
export async function tryDatabases(system: System, document: string): Promise<DatabaseAnswers> {
  const tables = new Map(
    await Promise.all(databaseOwners.map(async (service) => [service, await tablesOf(system, service)] as const)),
  );
  const absent = absentFrom(document, tables);
  if (absent.length > 0) throw new Error(`docs/access.md names tables that there are none of: ${absent.join(', ')}`);
  const rights = rightsBesidesTables(document);
  // It has to be there for others to try to interrupt it.
  const superuser = new Client({ connectionString: system.databaseUrl('vault'), application_name: SUPERUSER });
  await superuser.connect();
  try {
    const logins = await loginsOf(superuser);
    const answers = { planned: 0, asked: [] as AskedCell[] };
    const roles = databaseOwners.flatMap((service) => DATABASE_ROLES.map((role) => loginOf(system, service, role)));
    for (const login of roles) {
      const attempts = attemptsOf({ document, rights, login, logins, tables: tables.get(login.service) ?? [] });
      const elsewhere = databaseOwners.filter((service) => service !== login.service);
      answers.planned += attempts.length + elsewhere.length;
      answers.asked.push(...(await tryAll(login, attempts)));
      const allowed = isYes(rights.get(OPEN_ANOTHER)?.[login.role]);
      for (const service of elsewhere) answers.asked.push(await openAnother(login, service, allowed));
    }
    return answers;
  } finally {
    await superuser.end();
  }
}

function tablesOf(system: System, service: DatabaseOwner): Promise<readonly Table[]> {
  return query<Table>(
    system.databaseUrl(service),
    `select relname as name, array_agg(attname::text order by attnum) as columns
       from pg_class join pg_attribute on attrelid = pg_class.oid
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and attnum > 0 and not attisdropped
      group by relname order by relname`,
  );
}

async function loginsOf(superuser: Client): Promise<readonly string[]> {
  const { rows } = await superuser.query<{ name: string }>(
    'select quote_ident(rolname) as name from pg_roles where rolcanlogin order by rolname',
  );
  return rows.map(({ name }) => name);
}

const loginOf = ({ dir }: System, service: DatabaseOwner, role: DatabaseRole): Login => ({
  service,
  role,
  url: fs.readFileSync(databaseUrlFile(stateFolder(dir), service, role), 'utf8'),
});

const nameOf = ({ service, role }: Login): string => `${databaseOf(service)}_${role}`;

interface Plan {
  readonly document: string;
  readonly rights: ReadonlyMap<string, Row>;
  readonly login: Login;
  readonly logins: readonly string[];
  readonly tables: readonly Table[];
}

function attemptsOf({ document, rights, login, logins, tables }: Plan): readonly Attempt[] {
  const { service, role } = login;
  const [part, who, may] = ['databases', nameOf(login), tableRightsIn(document)] as const;
  const others = logins.filter((name) => name !== who);
  return [
    ...tables.flatMap(deedsOn).map((deed) => ({
      part,
      who,
      what: `${deed.verb} ${deed.table}${deed.column === undefined ? '' : `.${deed.column}`}`,
      allowed: may(service, role, deed),
      statements: statementsOf(deed, role),
      outside: false,
    })),
    ...Object.entries(BESIDES_TABLES).flatMap(([what, deeds]) =>
      deeds({ login, logins: others }).map((statements) => ({
        part,
        who,
        what: `${what}: ${statements.join('; ')}`,
        allowed: isYes(rights.get(what)?.[role]),
        statements,
        outside: statements.some((statement) => statement.startsWith('alter system')),
      })),
    ),
  ];
}

/** By what is asked; throws where the document names something that is not tried. */
function rightsBesidesTables(document: string): ReadonlyMap<string, Row> {
  const [, rows = []] = tablesUnder(document, 'What services may in their databases');
  const tried = new Set([OPEN_ANOTHER, ...Object.keys(BESIDES_TABLES)]);
  const untried = rows.map((row) => row['asked'] ?? '').filter((what) => !tried.has(what));
  if (untried.length > 0) throw new Error(`nobody tries to ${untried.join(', ')}`);
  return new Map(rows.map((row) => [row['asked'] ?? '', row]));
}

async function tryAll({ url }: Login, attempts: readonly Attempt[]): Promise<readonly AskedCell[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const asked: AskedCell[] = [];
  try {
    await client.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`);
    for (const { statements, outside, ...cell } of attempts)
      asked.push(await askPatiently(cell, () => saidTo(client, statements, outside)));
  } finally {
    await client.end();
  }
  return asked;
}

/** The SQLSTATE of the first that is refused. */
async function saidTo(client: Client, statements: readonly string[], outside: boolean): Promise<string> {
  if (!outside) await client.query('begin');
  try {
    for (const statement of statements) await client.query(statement);
    return 'done';
  } catch (error) {
    return (error as DatabaseError).code ?? String(error);
  } finally {
    if (!outside) await client.query('rollback');
  }
}

function openAnother(login: Login, service: DatabaseOwner, allowed: boolean): Promise<AskedCell> {
  const url = new URL(login.url);
  url.pathname = databaseOf(service);
  const cell = {
    part: 'databases',
    who: nameOf(login),
    what: `${OPEN_ANOTHER}: ${databaseOf(service)}`,
    allowed,
  } as const;
  return askPatiently(cell, async () => {
    const client = new Client({ connectionString: url.href });
    try {
      await client.connect();
      return 'done';
    } catch (error) {
      return (error as DatabaseError).code ?? String(error);
    } finally {
      await client.end();
    }
  });
}
