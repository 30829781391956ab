/** What the databases say happened, read as their superuser when the load has ended. */
import { withDatabase } from '../bench/surroundings.js';
import type { System } from '../system.js';
import { patiently } from './patiently.js';

/** An event in the vault's journal. */
export interface JournalRow {
  readonly id: string;
  readonly position: string;
  /** SHA-256 of the body, lower-case hexadecimal: what a receipt names. */
  readonly digest: string;
  readonly type: string;
  readonly requestId: string;
  readonly commandId: string | null;
  /** The earlier event that a repeated access names; null where it names none. */
  readonly repeatOf: string | null;
  /** How many requests it tells of: a flood of denials is told together, and names none of what they repeat. */
  readonly count: number;
}

/** All events of a workspace, decisions and accesses, in the journal's one order. */
export function journalOf(system: System, workspace: string): Promise<readonly JournalRow[]> {
  const columns = 'tx, position, id, type, body';
  return query<JournalRow>(
    system.databaseUrl('vault'),
    `select id, position::text, encode(sha256(body), 'hex') as digest, type, said ->> 'requestid' as "requestId",
            said ->> 'commandid' as "commandId", said #>> '{data,repeatOf}' as "repeatOf",
            coalesce((said #>> '{data,count}')::int, 1) as count
       from (select ${columns}, convert_from(body, 'UTF8')::jsonb as said from journal where workspace = $1
             union all
             select ${columns}, convert_from(body, 'UTF8')::jsonb from access_journal where workspace = $1) as events
      order by tx, events.position`,
    [workspace],
  );
}

/** The ids of a workspace's events in the audit, with repetitions where there are any. */
export async function auditOf(system: System, workspace: string): Promise<readonly string[]> {
  const text = 'select id from audit_event where workspace = $1 order by service, ordinal';
  const rows = await query<{ readonly id: string }>(system.databaseUrl('audit'), text, [workspace]);
  return rows.map(({ id }) => id);
}

/**
 * Resolves once the audit holds these events; throws after a minute. Other services tell of the workspace, too: that
 * it holds as many is not that it holds these.
 */
export function untilAudited(
  system: System,
  workspace: string,
  events: readonly Pick<JournalRow, 'id'>[],
): Promise<void> {
  return patiently('the audit has caught up', async () => {
    const known = new Set(await auditOf(system, workspace));
    return events.every(({ id }) => known.has(id));
  });
}

export function query<R extends object>(
  url: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly R[]> {
  return withDatabase(url, async (client) => (await client.query<R>(text, [...values])).rows);
}
