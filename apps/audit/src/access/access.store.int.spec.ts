/** Whoever asks what there was, and who may what, gets it by an index, and nothing else is read. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Principal, Workspace } from '@keytrail/contracts';
import { openDatabase } from '@keytrail/postgres';
import type { MikroORM } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { AuditDatabase } from '../database.fixture.js';
import { auditDatabase } from '../database.fixture.js';
import { AccessStore } from './access.store.js';

const EVENTS = 20_000;
const SLICE = 2_000;
const FIRST = Date.parse('2026-01-01T00:00:00.000Z');
const at = (n: number) => new Date(FIRST + n * 1_000).toISOString();
const UP_TO = { ordinal: EVENTS, time: null };

/** Nearly all are accesses; one of a hundred says who may what: of one of twenty principals or workspaces, in turns. */
const events = (first: number) => sql`
  insert into audit_event (service, ordinal, id, time, action, type, outcome, workspace, subject, reference, principal, details)
  select 'vault', n, uuidv7(), ${at(0)}::timestamptz + n * interval '1 second',
         case when stream is null then 'decrypt' else 'bound' end, coalesce(type, 'keytrail.access.SecretDecrypted.v1'),
         'success', case when stream like 'w%' then stream else 'w' || n % 5 end,
         coalesce(stream, 'tenant.w' || n % 5 || '.openai.k'),
         case when stream is null then 'tenant.w' || n % 5 || '.openai.k' end, repeat('p', 26),
         case type when 'keytrail.principal.PrincipalRegistered.v1' then '{"kind":"user"}'
                   when 'keytrail.principal.RoleBound.v1' then '{"role":"service","workspace":"w1"}'
                   when 'keytrail.workspace.WorkspaceCreated.v1' then '{"keyId":"k"}'
                   when 'keytrail.workspace.WorkspaceConfigured.v1' then '{"profile":"delegated"}'
                   else '{}' end::jsonb
    from (select n,
                 case when n % 200 = 0 then repeat('q', 24) || lpad((n / 200 % 20)::text, 2, '0')
                      when n % 200 = 100 then 'w' || n / 200 % 20 end as stream,
                 case when n % 200 = 0 then case when n <= 4000 then 'keytrail.principal.PrincipalRegistered.v1'
                                                 when n % 400 = 0 then 'keytrail.principal.RoleBound.v1'
                                                 else 'keytrail.principal.TokenIssued.v1' end
                      when n % 200 = 100 then case when n <= 4000 then 'keytrail.workspace.WorkspaceCreated.v1'
                                                   else 'keytrail.workspace.WorkspaceConfigured.v1' end end as type
            from generate_series(${first}::int, ${first + SLICE - 1}::int) n) as e`;

let on: AuditDatabase;
let orm: MikroORM;
let store: AccessStore;
beforeAll(async () => {
  on = await auditDatabase();
  for (let first = 1; first <= EVENTS; first += SLICE) await events(first).execute(on.root);
  await sql`analyze audit_event`.execute(on.root);
  // One connection, so that it is the one whose reading is counted.
  orm = await openDatabase({ url: on.url, connections: 1 });
  store = new AccessStore(orm);
}, 60_000);
afterAll(async () => {
  await orm?.close();
  await on?.end();
}, 30_000);

/** How many rows of `audit_event` are read by it. */
async function readBy(ask: () => Promise<unknown>): Promise<number> {
  const before = await readRows();
  await ask();
  return (await readRows()) - before;
}

async function readRows(): Promise<number> {
  await sql`select pg_stat_force_next_flush()`.execute(orm.em.getKysely());
  const { rows } = await sql<{ read: string }>`
    select seq_tup_read + idx_tup_fetch as read from pg_stat_user_tables where relname = 'audit_event'`.execute(
    on.root,
  );
  return Number(rows[0]?.read);
}

const principal = (n: number) => Principal.parse(`${'q'.repeat(24)}${String(n).padStart(2, '0')}`);
const workspace = (name: string) => Workspace.parse(name);
/** To plan a question on times PostgreSQL may look up which the latest is. */
const LOOKED_UP = 1;

describe('a stream', () => {
  it('of a workspace is read by itself', async () => {
    const read = await readBy(async () => {
      expect(await store.workspace(workspace('w7'), UP_TO)).toMatchObject({
        state: { exists: true, profile: 'delegated' },
        revision: 5,
      });
    });
    expect(read).toBe(5);
  });

  it('of each of some principals is read by itself, and of tokens nothing is told', async () => {
    const read = await readBy(async () => {
      const found = await store.principals([principal(4), principal(5), Principal.parse('z'.repeat(26))], UP_TO);
      expect([...found.values()].map(({ revision }) => revision)).toEqual([5, 1, 0]);
      expect(found.get(principal(4))?.state).toMatchObject({ exists: true, roles: [{ role: 'service' }, {}, {}, {}] });
    });
    expect(read).toBeLessThanOrEqual(10);
  });

  it('is read up to an ordinal', async () => {
    expect(await store.workspace(workspace('w7'), { ordinal: 1_500, time: null })).toMatchObject({ revision: 1 });
    expect(await store.workspace(workspace('w7'), { ordinal: 1_499, time: null })).toMatchObject({
      state: { exists: false },
      revision: 0,
    });
    expect((await store.principals([principal(4)], { ordinal: 799, time: null })).get(principal(4))?.revision).toBe(0);
  });
});

describe('the events of a workspace', () => {
  const since = at(0);
  it.each([
    ['newest first', { since, after: null }],
    ['further on', { since, after: { time: at(EVENTS / 2), service: 'vault', ordinal: EVENTS / 2 } as const }],
    ['of some time', { since: at(EVENTS - 1_000), after: null }],
  ])('are read page by page, %s', async (_, search) => {
    const read = await readBy(async () => {
      const found = await store.latest({ workspace: workspace('w3'), ...search, limit: 101 });
      expect(found).toHaveLength(101);
      const ordinals = found.map(({ ordinal }) => ordinal);
      expect(ordinals).toEqual(ordinals.toSorted((a, b) => b - a));
    });
    expect(read).toBeLessThanOrEqual(101 + LOOKED_UP);
  });
});

describe('how far the vault was followed', () => {
  it('is told with the last event up to there', async () => {
    expect(await store.upTo()).toEqual({ ordinal: 0, time: null });
    await sql`insert into projection_checkpoint values ('audit-vault', 4711)`.execute(on.root);
    const read = await readBy(async () => {
      expect(await store.upTo()).toEqual({ ordinal: 4_711, time: at(4_711) });
    });
    expect(read).toBe(1);
  });
});
