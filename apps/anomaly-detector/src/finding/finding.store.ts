/** The table `finding`: what was found, and how it stands. */
import type { AnomalyDetectedData, AnomalyRule, Finding, FindingId, Reference, Workspace } from '@keytrail/contracts';
import type { Database, DatabaseTransaction } from '@keytrail/postgres';
import { readRows } from '@keytrail/postgres';
import { sql } from 'kysely';
import type { z } from 'zod';
import type { EpisodeStanding } from '../detection.js';

export interface NewFinding extends z.infer<typeof AnomalyDetectedData>, EpisodeStanding {
  readonly reference: Reference;
  readonly workspace: Workspace;
  /** RFC 3339. */
  readonly detectedAt: string;
}

export interface FindingSearch {
  readonly workspace?: Workspace | undefined;
  readonly reference?: Reference | undefined;
  readonly rule?: AnomalyRule | undefined;
  /** Only what was found before this one. */
  readonly before?: FindingId | undefined;
  readonly limit: number;
}

const rfc3339 = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** How the findings stand that are in the table. Before new ones are added: a rule has one open episode of a secret. */
export async function moveFindings(
  tx: DatabaseTransaction,
  standings: ReadonlyMap<FindingId, EpisodeStanding>,
): Promise<void> {
  if (standings.size === 0) return;
  const moved = [...standings.values()];
  await sql`
    update finding set open_until = moved.open_until, ended_at = moved.ended_at from unnest(
      ${[...standings.keys()]}::uuid[],
      ${moved.map(({ openUntil }) => rfc3339(openUntil))}::timestamptz[],
      ${moved.map(({ endedAt }) => rfc3339(endedAt))}::timestamptz[]) as moved (id, open_until, ended_at)
     where finding.id = moved.id`.execute(tx);
}

export async function addFindings(tx: DatabaseTransaction, findings: readonly NewFinding[]): Promise<void> {
  if (findings.length === 0) return;
  const rows = findings.map(
    (f) => sql`(${f.findingId}::uuid, ${f.reference}, ${f.workspace}, ${f.rule}, ${f.windowSeconds}::int,
      ${f.threshold}::int, ${f.count}::int, ${f.observedAt}::timestamptz, ${f.eventId}::uuid,
      ${f.detectedAt}::timestamptz, ${rfc3339(f.openUntil)}::timestamptz, ${rfc3339(f.endedAt)}::timestamptz)`,
  );
  await sql`
    insert into finding (id, reference, workspace, rule, window_seconds, threshold, count, observed_at, event_id,
                         detected_at, open_until, ended_at) values ${sql.join(rows)}`.execute(tx);
}

/** Newest first. Rejects with `JournalUnavailable`, as {@link getFinding} does. */
export function findFindings(database: Database, search: FindingSearch): Promise<readonly Finding[]> {
  const { workspace, reference, rule, before, limit } = search;
  const wanted = [
    sql`true`,
    ...(workspace === undefined ? [] : [sql`workspace = ${workspace}`]),
    ...(reference === undefined ? [] : [sql`reference = ${reference}`]),
    ...(rule === undefined ? [] : [sql`rule = ${rule}`]),
    ...(before === undefined ? [] : [sql`id < ${before}::uuid`]),
  ];
  const query = sql<Finding>`select ${COLUMNS} from finding where ${sql.join(wanted, sql` and `)}
                              order by id desc limit ${limit}`;
  return readRows(database, query);
}

/** Null where there is none. */
export async function getFinding(database: Database, id: FindingId): Promise<Finding | null> {
  const [finding] = await readRows(database, sql<Finding>`select ${COLUMNS} from finding where id = ${id}::uuid`);
  return finding ?? null;
}

const COLUMNS = sql`id, reference, workspace, rule, window_seconds as "windowSeconds", threshold, count,
  rfc3339(observed_at) as "observedAt", event_id as "eventId", rfc3339(detected_at) as "detectedAt",
  ended_at is null and open_until > clock_timestamp() as ongoing`;
