/** The table `access_grant`: written with the events, read to list grants and to find whose one is. */
import { isExpired } from '@keytrail/access';
import type {
  EventId,
  GrantDescription,
  GrantFacts,
  GrantId,
  Principal,
  PrincipalEvent,
  Workspace,
} from '@keytrail/contracts';
import { workspaceOfPattern } from '@keytrail/contracts';
import type { Recorded } from '@keytrail/eventsourcing';
import { type Database, type DatabaseTransaction, readRows } from '@keytrail/postgres';
import { sql } from 'kysely';

/** `workspace` and `principal` undefined: of all. `after` is the place of the last one before: [moment, grantId]. */
export interface GrantSearch {
  readonly workspace: Workspace | undefined;
  readonly principal: Principal | undefined;
  readonly after: readonly string[] | null;
  readonly limit: number;
}

/** Writes what the events of a principal say of its grants. */
export async function storeGrants(
  tx: DatabaseTransaction,
  principal: Principal,
  recorded: readonly Recorded<PrincipalEvent>[],
): Promise<void> {
  for (const { id, event, principal: by, time } of recorded) {
    if (event.type === 'GrantGiven') {
      const { grantId, pattern } = event.data;
      await sql`
        insert into access_grant (grant_id, principal, workspace, facts, given_by, given_at, event_id)
        values (${grantId}, ${principal}, ${workspaceOfPattern(pattern)}, ${JSON.stringify(event.data)}::jsonb, ${by},
                ${time}::timestamptz, ${id})`.execute(tx);
    }
    if (event.type === 'GrantWithdrawn')
      await sql`
        update access_grant set withdrawn_at = ${time}::timestamptz where grant_id = ${event.data.grantId}`.execute(tx);
  }
}

interface Row {
  readonly facts: GrantFacts;
  readonly principal: Principal;
  readonly givenBy: Principal;
  readonly givenAt: string;
  readonly eventId: EventId;
  readonly withdrawn: boolean;
}

export class GrantStore {
  constructor(private readonly database: Database) {}

  /** Also one that was withdrawn; null where there never was one. */
  async find(grantId: GrantId): Promise<GrantDescription | null> {
    const [found] = await this.select(sql`grant_id = ${grantId}`, 1);
    return found ?? null;
  }

  /** Those that were not withdrawn, oldest first. */
  list({ workspace, principal, after, limit }: GrantSearch): Promise<readonly GrantDescription[]> {
    const [moment, last] = after ?? [];
    const conditions = [
      sql`withdrawn_at is null`,
      ...(workspace === undefined ? [] : [sql`workspace = ${workspace}`]),
      ...(principal === undefined ? [] : [sql`principal = ${principal}`]),
      ...(last === undefined ? [] : [sql`(given_at, grant_id) > (${moment}::timestamptz, ${last}::uuid)`]),
    ];
    return this.select(sql.join(conditions, sql` and `), limit);
  }

  private async select(condition: ReturnType<typeof sql>, limit: number): Promise<readonly GrantDescription[]> {
    const rows = await readRows(
      this.database,
      sql<Row>`
        select facts, principal, given_by as "givenBy", rfc3339(given_at) as "givenAt", event_id as "eventId",
               withdrawn_at is not null as withdrawn
          from access_grant where ${condition} order by given_at, grant_id limit ${limit}`,
    );
    return rows.map(({ facts, withdrawn, ...row }) => ({ ...row, ...facts, status: statusOf(facts, withdrawn) }));
  }
}

function statusOf(facts: GrantFacts, withdrawn: boolean): GrantDescription['status'] {
  if (withdrawn) return 'withdrawn';
  return isExpired(facts, Date.now()) ? 'expired' : 'active';
}
