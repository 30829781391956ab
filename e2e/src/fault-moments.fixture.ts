/** Moments that pass too fast to be hit by chance, held so that a process can be killed in them. */
import type { System } from '@keytrail/scripts/system';
import { Client } from 'pg';
import { until } from './stage.fixture.js';

/** A moment that lasts until it is let go. */
export interface Held {
  release(): Promise<void>;
}

async function session(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

/**
 * Events commit and are acknowledged, and no relay sees them: a transaction that may still write holds back the horizon
 * below which the order is settled.
 */
export async function holdBeforeRelay(system: System): Promise<Held> {
  const client = await session(system.databaseUrl('vault'));
  await client.query('begin');
  await client.query('select pg_current_xact_id()');
  return {
    release: async () => {
      await client.query('rollback');
      await client.end();
    },
  };
}

const GATE = 4_711;

const gate = `
  create function await_gate() returns trigger language plpgsql as $$
  begin
    perform pg_advisory_xact_lock_shared(${GATE});
    return null;
  end $$;
  create constraint trigger gate after insert on audit_event deferrable initially deferred
    for each row execute function await_gate();
  select pg_advisory_lock(${GATE})`;

/**
 * Kills the audit when its effect is committed and nothing is acknowledged: it is made to wait at the commit, and
 * stands still before the commit goes through.
 */
export async function killBetweenEffectAndAcknowledgement(system: System): Promise<void> {
  const client = await session(system.databaseUrl('audit'));
  const number = async (sql: string): Promise<number> =>
    Number((await client.query<[unknown]>({ text: sql, rowMode: 'array' })).rows[0]?.[0]);
  const waiting = () => number(`select count(*) from pg_locks where objid = ${GATE} and not granted`);
  const committed = () => number(`select ordinal from projection_checkpoint where projection = 'audit-vault'`);
  try {
    await client.query(gate);
    const before = await committed();
    const pid = system.pidOf('audit');
    for (;;) {
      await until(waiting, (count) => count > 0);
      process.kill(pid, 'SIGSTOP');
      await client.query(`select pg_advisory_unlock(${GATE})`);
      await until(
        () =>
          number(`select count(*) from pg_stat_activity where usename = 'keytrail_audit_service' and state = 'active'`),
        (count) => count === 0,
      );
      if ((await committed()) > before) break;
      // The server had given the statement up a moment before: the next attempt is as good.
      await client.query(`select pg_advisory_lock(${GATE})`);
      process.kill(pid, 'SIGCONT');
    }
    process.kill(pid, 'SIGKILL');
  } finally {
    await client.query('drop trigger if exists gate on audit_event; drop function if exists await_gate');
    await client.end();
  }
}
