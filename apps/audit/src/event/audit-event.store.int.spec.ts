/** Whatever entries are looked for by, a page of them is found without reading others. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Principal, Reference, Workspace } from '@keytrail/contracts';
import { openDatabase } from '@keytrail/postgres';
import type { MikroORM } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { AuditDatabase } from '../database.fixture.js';
import { auditDatabase } from '../database.fixture.js';
import type { Place } from './audit-event.page.js';
import type { AuditEventFilter } from './audit-event.store.js';
import { AuditEvent, AuditEventStore } from './audit-event.store.js';

const EVENTS = 20_000;
const FIRST = Date.parse('2026-01-01T00:00:00.000Z');
const at = (n: number) => new Date(FIRST + n * 1_000).toISOString();

const SLICE = 2_000;
const OLD = EVENTS / 10;

/**
 * The first tenth is of somebody, and of a workspace, not heard of since. Of the others one of a hundred is a failure.
 */
const events = (first: number) => sql`
  insert into audit_event
    (service, ordinal, id, time, action, type, outcome, workspace, reference, principal, request_id, details)
  select 'vault', n, uuidv7(), ${at(0)}::timestamptz + n * interval '1 second',
         case when is_old then 'create' when n % 100 = 0 then 'access_denied' else 'decrypt' end,
         'keytrail.access.SecretDecrypted.v1', case when n % 100 = 0 then 'failure' else 'success' end,
         workspace, 'tenant.' || workspace || '.openai.k', repeat('p', 25) || case when is_old then 'q' else 'r' end,
         'r' || n, '{}'
    from (select n, n <= ${OLD} as is_old, case when n <= ${OLD} then 'old' else 'w' || n % 5 end as workspace
            from generate_series(${first}::int, ${first + SLICE - 1}::int) n) as e`;

const PRINCIPALS = sql`
  insert into principal select repeat('p', 25) || n, 'user', 'name ' || n from unnest(array['q', 'r']) n`;

/** One of them is made an administrator each morning, and no longer is in the evening. */
const ROLES = sql`
  with c as (insert into principal_role_change
    select principal, '_system', 'internal_admin', ${at(0)}::timestamptz - interval '1 year' + n * interval '12 hours', n, n % 2 = 1
      from principal, generate_series(1, case when principal like '%r' then 729 else 1 end) n
    returning principal, workspace, role)
  insert into principal_role select distinct * from c`;

let on: AuditDatabase;
let orm: MikroORM;
beforeAll(async () => {
  on = await auditDatabase();
  for (let first = 1; first <= EVENTS; first += SLICE) await events(first).execute(on.root);
  await PRINCIPALS.execute(on.root);
  await ROLES.execute(on.root);
  await sql`analyze audit_event, principal, principal_role, principal_role_change`.execute(on.root);
  // One connection, so that it is the one whose reading is counted.
  orm = await openDatabase({ url: on.url, entities: [AuditEvent], connections: 1 });
}, 60_000);
afterAll(async () => {
  await orm?.close();
  await on?.end();
}, 30_000);

/** How many rows of `audit_event` have ever been read. */
async function readRows(): Promise<number> {
  await sql`select pg_stat_force_next_flush()`.execute(orm.em.getKysely());
  const { rows } = await sql<{ read: string }>`
    select seq_tup_read + idx_tup_fetch as read from pg_stat_user_tables where relname = 'audit_event'`.execute(
    on.root,
  );
  return Number(rows[0]?.read);
}

const principal = Principal.parse(`${'p'.repeat(25)}q`);
const workspace = Workspace.parse('old');
const reference = Reference.parse('tenant.old.openai.k');
const further = (n: number): Place => ({ time: at(n), service: 'vault', ordinal: n });

/** To plan a question on times PostgreSQL may look up which the latest is. */
const LOOKED_UP = 1;

it.each<[string, AuditEventFilter, Place | null]>([
  ['nothing', {}, null],
  ['nothing, further on', {}, further(EVENTS / 2)],
  ['time', { from: at(10), to: at(15_000) }, null],
  ['workspace', { workspace }, null],
  ['workspace, further on', { workspace }, further(OLD / 2)],
  ['workspace in use', { workspace: Workspace.parse('w3') }, null],
  ['reference', { reference }, null],
  ['principal', { principal }, null],
  ['outcome', { outcome: 'failure' }, null],
  ['action', { action: 'create' }, null],
  ['action in use', { action: 'decrypt' }, null],
  ['request', { requestId: 'r4711' }, null],
])('by %s', async (_, filter, after) => {
  const store = new AuditEventStore(orm);
  const before = await readRows();
  const found = await store.find({ filter, after, limit: 50 });
  expect(found).toHaveLength(filter.requestId === undefined ? 50 : 1);
  expect((await readRows()) - before).toBeLessThanOrEqual(found.length + LOOKED_UP);
  expect(found[0]).toMatchObject({ actorKind: 'user', actorRole: 'internal_admin' });
});
