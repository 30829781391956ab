/** The tables `watched_secret` and `window_stamp`: what is known of each secret's windows. */
import type { AnomalyRule, FindingId, Reference } from '@keytrail/contracts';
import type { Database, DatabaseTransaction } from '@keytrail/postgres';
import { sql } from 'kysely';
import { Stamps } from './stamps.js';
import type { KnownWindows } from './window.js';

/** The windows of a secret, as a transaction has left them; `version` is that transaction's own. */
export interface StoredWindows extends KnownWindows {
  readonly version: string;
}

/** What a batch of accesses has changed; times are epoch milliseconds. */
export interface WindowChange {
  readonly reference: Reference;
  /** What is older was dropped before. */
  readonly keptBefore: number;
  /** What is older is dropped now. */
  readonly keptFrom: number;
  /** Of the accesses that were counted; those that are dropped already may be among them. */
  readonly times: readonly number[];
}

/** The latest access so far, -Infinity before the first; and by reference the versions of the windows asked for. */
export interface WindowState {
  readonly newest: number;
  readonly versions: ReadonlyMap<string, string>;
}

/** More than a batch can add, so that nothing piles up; few enough for a transaction that must be short. */
const SWEEP_ROWS = 1_000;

/** The latest stamp of all is never dropped, so it tells the latest access of the log. */
export async function windowStateOf(database: Database, references: readonly Reference[]): Promise<WindowState> {
  const { rows } = await sql<{ newest: string | null; versions: Readonly<Record<string, string>> | null }>`
    select (select max(at) from window_stamp) as newest,
           (select json_object_agg(reference, version) from watched_secret
             where reference = any(${references}::text[])) as versions`.execute(database);
  const [{ newest, versions } = { newest: null, versions: null }] = rows;
  return { newest: newest === null ? -Infinity : Number(newest), versions: new Map(Object.entries(versions ?? {})) };
}

interface Row {
  readonly version: string;
  readonly kept_from: string;
  readonly times: readonly string[] | null;
  readonly counts: readonly number[] | null;
  readonly episodes: readonly { rule: AnomalyRule; finding: FindingId | null; ended_ms: number | null }[] | null;
}

/** Of a secret that has been obtained before; in one statement, so that all of it is of one moment. */
export async function loadWindows(database: Database, reference: Reference): Promise<StoredWindows> {
  const { rows } = await sql<Row>`
    select w.version, w.kept_from, s.times, s.counts, e.episodes
      from watched_secret w,
           lateral (select array_agg(at order by at) as times, array_agg(count order by at) as counts from window_stamp
                     where reference = w.reference and at >= w.kept_from) s,
           lateral (select json_agg(json_build_object('rule', rule, 'finding', open, 'ended_ms', ended)) as episodes from (
                      select rule, (array_agg(id) filter (where ended_at is null))[1] as open,
                             (extract(epoch from max(ended_at)) * 1000)::bigint as ended
                        from finding where reference = w.reference group by rule) f) e
     where w.reference = ${reference}`.execute(database);
  const { version, kept_from, times, counts, episodes } = rows[0] as Row;
  return {
    version,
    keptFrom: Number(kept_from),
    stamps: new Stamps(times?.map(Number), counts ?? []),
    episodes: (episodes ?? []).map(({ rule, finding, ended_ms }) => [
      rule,
      { finding, endedAt: ended_ms ?? -Infinity },
    ]),
  };
}

/** Each secret once. */
export async function saveWindows(
  tx: DatabaseTransaction,
  version: string,
  changes: readonly WindowChange[],
): Promise<void> {
  await sql`
    insert into watched_secret (reference, version, kept_from)
    select reference, ${version}::uuid, kept_from from unnest(
      ${changes.map(({ reference }) => reference)}::text[],
      ${changes.map(({ keptFrom }) => keptFrom)}::bigint[]) as change (reference, kept_from)
    on conflict (reference) do update set version = excluded.version, kept_from = excluded.kept_from`.execute(tx);
  const stamps = changes.flatMap(({ reference, keptFrom, times }) => {
    const counts = countsOf(times.filter((at) => at >= keptFrom));
    return [...counts].map(([at, count]) => ({ reference, at, count }));
  });
  await sql`
    insert into window_stamp as known (reference, at, count)
    select * from unnest(
      ${stamps.map(({ reference }) => reference)}::text[],
      ${stamps.map(({ at }) => at)}::bigint[],
      ${stamps.map(({ count }) => count)}::int[])
    on conflict (reference, at) do update set count = known.count + excluded.count`.execute(tx);
}

function countsOf(times: readonly number[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const at of times) counts.set(at, (counts.get(at) ?? 0) + 1);
  return counts;
}

/**
 * Removes what these changes have dropped, and what has grown older than `oldest`, or some of it where it is much: then
 * the rest goes once it is that old, too. No range begins among rows that were removed, for those cost as much; and
 * each
 * has a limit of its own, so that no plan reads the whole table instead.
 */
export async function sweepStamps(
  tx: DatabaseTransaction,
  changes: readonly WindowChange[],
  oldest: number,
): Promise<void> {
  const dropped = changes.filter(({ keptBefore }) => keptBefore > -Infinity);
  await sql`
    delete from window_stamp where ctid = any(array(
      (select s.ctid from unnest(
         ${dropped.map(({ reference }) => reference)}::text[],
         ${dropped.map(({ keptBefore }) => keptBefore)}::bigint[],
         ${dropped.map(({ keptFrom }) => keptFrom)}::bigint[]) as dropped (reference, since, upto),
         lateral (select ctid from window_stamp where reference = dropped.reference and at >= since and at < upto
                   limit ${SWEEP_ROWS}) s limit ${SWEEP_ROWS})
      union all
      (select ctid from window_stamp where at < ${oldest}::bigint order by at limit ${SWEEP_ROWS})))`.execute(tx);
}
