/** What was acknowledged against the journal, and the journal against the audit, event by event. */
import type { System } from '@keytrail/scripts/system';
import { Client } from 'pg';
import type { Load } from './fault-load.fixture.js';
import { until } from './stage.fixture.js';

/** What is wrong; all of it is empty where nothing was lost. */
export interface Discrepancies {
  /** Event ids in receipts, and versions that were said to be stored, of which the audit knows nothing. */
  readonly lost: readonly string[];
  /** What stands in the audit, or was said, more than once. */
  readonly doubled: readonly string[];
  /** Ordinals at which the audit has another event than the journal, or none. */
  readonly differing: readonly number[];
  /** How many values callers hold beyond the decrypts that are events. */
  readonly releasedUnseen: number;
}

/** The vault's journal and the audit side by side, from their beginning. */
export interface Ledger {
  /** Ids of the journal's events in the order of the relay, as far as they have been read. */
  readonly journal: readonly string[];
  /** Returns once the audit has come as far as the journal is now. */
  follow(): Promise<void>;
  /** Follows, then compares everything. */
  compare(): Promise<Discrepancies>;
}

/** One statement on a connection of its own. */
export async function query<R>(url: string, sql: string, values: readonly unknown[] = []): Promise<readonly R[]> {
  const client = new Client({ connectionString: url });
  // A server that goes down meanwhile fails the statement, or did so after it was answered.
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql, [...values])).rows as R[];
  } finally {
    await client.end();
  }
}

interface Entry {
  readonly ordinal: string;
  readonly id: string;
  readonly action: string;
  readonly stored: string;
}

const bothJournals =
  '(select tx, position, id from journal union all select tx, position, id from access_journal) both_journals';

const latest = `select max(tx)::text as tx from ${bothJournals}`;

/** Of an event the place in the order is known once no transaction from before it is open, on the whole server. */
const isSettled = 'select pg_snapshot_xmin(pg_current_snapshot()) > $1::xid8 as settled';

const inOrder = `
  select id from ${bothJournals}
   where tx < pg_snapshot_xmin(pg_current_snapshot()) order by tx, position offset $1`;

const entriesAfter = `
  select ordinal, id, action, reference || ' ' || version as stored from audit_event
   where service = 'vault' and ordinal > $1 order by ordinal`;

/** A ledger of what `load` is told. It asks the databases, past everything that is under test. */
export function ledgerOf(system: Pick<System, 'databaseUrl'>, load: Pick<Load, 'receipts' | 'stored'>): Ledger {
  const journal: string[] = [];
  const audit: Entry[] = [];
  /** With all that is committed by now. */
  const readJournal = async (): Promise<void> => {
    const url = system.databaseUrl('vault');
    const [last] = await query<{ tx: string | null }>(url, latest);
    await until(
      () => query<{ settled: boolean }>(url, isSettled, [last?.tx ?? '0']),
      ([answer]) => answer?.settled ?? false,
    );
    const events = await query<{ id: string }>(url, inOrder, [journal.length]);
    journal.push(...events.map(({ id }) => id));
  };
  const readAudit = async (): Promise<void> => {
    audit.push(...(await query<Entry>(system.databaseUrl('audit'), entriesAfter, [lastOf(audit)])));
  };
  const follow = async (): Promise<void> => {
    await readJournal();
    const events = journal.length;
    await until(readAudit, () => lastOf(audit) >= events);
  };
  return {
    journal,
    follow,
    compare: async () => {
      const receipts = [...load.receipts];
      const stored = load.stored.map(({ reference, version }) => `${reference} ${version}`);
      await follow();
      // The audit may have got beyond what the journal was a moment ago.
      await readJournal();
      const decrypts = audit.filter(({ action }) => action === 'decrypt').map(({ id }) => id);
      const versions = audit.filter(({ action }) => action === 'update').map((entry) => entry.stored);
      return {
        lost: [...missingFrom(decrypts, receipts), ...missingFrom(versions, stored)],
        doubled: [...doubledIn(audit.map(({ id }) => id)), ...doubledIn(versions), ...doubledIn(receipts)],
        differing: differingIn(audit, journal),
        releasedUnseen: Math.max(0, receipts.length - decrypts.length),
      };
    },
  };
}

const lastOf = (audit: readonly Entry[]): number => Number(audit.at(-1)?.ordinal ?? 0);

function differingIn(audit: readonly Entry[], journal: readonly string[]): readonly number[] {
  const told = new Map(audit.map(({ ordinal, id }) => [Number(ordinal), id]));
  const ordinals = Array.from({ length: lastOf(audit) }, (_, i) => i + 1);
  return ordinals.filter((ordinal) => told.get(ordinal) !== journal[ordinal - 1]);
}

function missingFrom(known: readonly string[], wanted: readonly string[]): readonly string[] {
  const all = new Set(known);
  return wanted.filter((each) => !all.has(each));
}

function doubledIn(all: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return all.filter((each) => seen.has(each) || !seen.add(each));
}
