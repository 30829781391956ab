/** The relay's mark in the journal's own database, and its leadership as a lock of a session. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventId } from '@keytrail/contracts';
import type { RelayMark, RelayMarks } from '@keytrail/eventsourcing';
import { RELAY_START } from '@keytrail/eventsourcing';
import { sql } from 'kysely';
import type { Database } from './database.js';

const LEADER_KEY = 7_265_748;
const CANDIDATE_POLL_MS = 250;
const HEARTBEAT_MS = 1_000;

interface Row {
  readonly tx: string;
  readonly position: string;
  readonly ordinal: string;
  readonly event_id: EventId | null;
  readonly time: string | null;
}

export function postgresRelayMarks(database: Database, relay: string): RelayMarks {
  return {
    async load() {
      const { rows } = await sql<Row>`select tx::text, position::text, ordinal::text, event_id, rfc3339(time) as time
                                        from relay_mark where relay = ${relay}`.execute(database);
      const row = rows[0];
      if (row === undefined) return RELAY_START;
      return { ...row, ordinal: Number(row.ordinal), eventId: row.event_id };
    },
    async save({ tx, position, ordinal, eventId, time }: RelayMark) {
      await sql`insert into relay_mark values (${relay}, ${tx}::xid8, ${position}, ${ordinal}, ${eventId}, ${time})
        on conflict (relay) do update set (tx, position, ordinal, event_id, time) =
          (excluded.tx, excluded.position, excluded.ordinal, excluded.event_id, excluded.time)`.execute(database);
    },
    async lead(run, signal) {
      await database.connection().execute(async (session) => {
        if (!(await becomeLeader(session, signal))) return;
        const lost = new AbortController();
        const beat = heartbeat(session, lost, signal);
        try {
          await run(AbortSignal.any([lost.signal, signal]));
        } finally {
          lost.abort();
          await beat;
          await sql`select pg_advisory_unlock(${LEADER_KEY})`.execute(session).catch(() => undefined);
        }
      });
    },
  };
}

async function becomeLeader(session: Database, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const { rows } = await sql<{ leader: boolean }>`select pg_try_advisory_lock(${LEADER_KEY}) as leader`.execute(
      session,
    );
    if (rows[0]?.leader) return true;
    await pause(CANDIDATE_POLL_MS, signal);
  }
  return false;
}

/** The lock lives as long as its session: a session that no longer answers has lost it. */
async function heartbeat(session: Database, lost: AbortController, signal: AbortSignal): Promise<void> {
  while (!lost.signal.aborted && !signal.aborted) {
    await pause(HEARTBEAT_MS, AbortSignal.any([lost.signal, signal]));
    await sql`select 1`.execute(session).catch(() => lost.abort());
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
