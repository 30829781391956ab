/** How many accesses each of the services has written down, once those that read have been waited for. */
import { setTimeout as sleep } from 'node:timers/promises';
import { query } from '../promises/records.js';
import type { System } from '../system.js';
import type { ReaderLag } from './reader-lag.js';

const POLL_MS = 250;
const PATIENCE_MS = 120_000;

/** All of a system that has recorded no other accesses than those of the benchmark. */
export interface JournalCounts {
  /** In the vault's journal. */
  readonly committedEvents: number;
  /** In the audit's list. */
  readonly projectedEvents: number;
  /** What the audit's counts of use add up to. */
  readonly usedEvents: number;
  /** Taken in by the anomaly-detector: among the events up to its checkpoint, without those that it has set aside. */
  readonly countedEvents: number;
}

type Databases = Pick<System, 'databaseUrl'>;

/** Resolves once every reader has taken in the whole journal, or after two minutes: then the counts tell. */
export async function readersHaveSettled(system: Databases, lag: ReaderLag, signal: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  const text = 'select (select count(*) from journal) + (select count(*) from access_journal) as count';
  const last = await countIn(system.databaseUrl('vault'), text);
  while ((await lag.slowest()) < last && performance.now() < giveUpAt) await sleep(POLL_MS, undefined, { signal });
}

export async function journalCounts(system: Databases): Promise<JournalCounts> {
  const [vault, audit, detector] = [
    system.databaseUrl('vault'),
    system.databaseUrl('audit'),
    system.databaseUrl('anomaly-detector'),
  ];
  const checkpoint = await countIn(
    detector,
    `select ordinal as count from projection_checkpoint where projection = 'anomaly-vault'`,
  );
  const aside = await countIn(
    detector,
    `select count(*) as count from parked where projection = 'anomaly-vault' and subject like '%.SecretDecrypted'`,
  );
  const upTo = await countIn(
    vault,
    `select count(*) filter (where type = 'SecretDecrypted') as count
       from (select type from (select tx, position, type from journal
                               union all select tx, position, type from access_journal) e
              order by tx, position limit $1) taken_in`,
    [checkpoint],
  );
  return {
    committedEvents: await countIn(
      vault,
      `select count(*) as count from access_journal where type = 'SecretDecrypted'`,
    ),
    projectedEvents: await countIn(
      audit,
      `select count(*) as count from audit_event
        where service = 'vault' and action = 'decrypt' and outcome = 'success'`,
    ),
    usedEvents: await countIn(audit, 'select coalesce(sum(decrypted), 0) as count from secret_usage'),
    countedEvents: upTo - aside,
  };
}

/** 0 where there is no row. */
async function countIn(url: string, text: string, values: readonly unknown[] = []): Promise<number> {
  const [row] = await query<{ count: string }>(url, text, values);
  return Number(row?.count ?? 0);
}
