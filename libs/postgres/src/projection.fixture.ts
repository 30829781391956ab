/** A projection with a table that it writes to, and poison for single events. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from './database.js';
import { databaseOf, openDatabase } from './database.js';
import { openJournalFixture } from './journal.fixture.js';
import type { ProjectedEvent } from './parked.js';
import type { ProjectionOptions } from './projection.js';

/** A second table, `poison`, says with which SQLSTATE the database refuses an ordinal. */
const TABLES = `
create table effect (at bigint generated always as identity, projection text not null, ordinal bigint not null);
create table poison (ordinal bigint primary key, sqlstate text not null);

create function refuse_poison() returns trigger language plpgsql as $$
declare state text;
begin
  select sqlstate into state from poison where ordinal = new.ordinal;
  if state is not null then
    raise exception using errcode = state, message = format('poison in %s', new.ordinal);
  end if;
  return new;
end $$;

create trigger refuse_poison before insert on effect for each row execute function refuse_poison();
grant select, insert on effect to keytrail_vault_service;
grant select on poison to keytrail_vault_service;
`;

export type ProjectionFixture = Awaited<ReturnType<typeof openProjectionFixture>>;

export async function openProjectionFixture() {
  const journal = await openJournalFixture();
  const orm = await openDatabase({ url: journal.superuserUrl });
  const root = databaseOf(orm);
  await sql.raw(TABLES).execute(root);
  return {
    /** With the service's role. */
    database: journal.database,
    replica: journal.replica,
    serviceUrl: journal.serviceUrl,
    /** As the superuser. */
    root,
    poison: async (ordinal: number, state = 'P0001') =>
      void (await sql`insert into poison values (${ordinal}, ${state})`.execute(root)),
    cure: async () => void (await sql`truncate poison`.execute(root)),
    /** The ordinals whose effect stands, in the order in which it was written. */
    effects: async (name: string): Promise<readonly number[]> => {
      const { rows } = await sql<{ ordinal: string }>`
        select ordinal from effect where projection = ${name} order by at`.execute(root);
      return rows.map(({ ordinal }) => Number(ordinal));
    },
    /** Returns once a statement waits for a lock. */
    somebodyWaits: async () => {
      const waiting = sql`select from pg_stat_activity where wait_event_type = 'Lock'`;
      while ((await waiting.execute(root)).rows.length === 0) await sleep(10);
    },
    close: async () => {
      await orm.close();
      await journal.close();
    },
  };
}

/** What a projection of that name does, on that pool. */
export const effecting = (name: string, database: Database): ProjectionOptions => ({
  database,
  name,
  apply: async (tx, events) => {
    for (const { ordinal } of events) await sql`insert into effect values (default, ${name}, ${ordinal})`.execute(tx);
  },
});

/** `key` stands in its subject. */
export const eventAt = (ordinal: number, key = ''): ProjectedEvent => ({
  ordinal,
  subject: `evt.vault.acme.secret.${key}`,
  body: Buffer.from([0, 255, ordinal]),
  detail: null,
  salt: null,
});

/** The key in an event's subject; null where there is none. */
export const keyIn = ({ subject }: ProjectedEvent): string | null => subject.split('.')[4] || null;
