/** What the audit holds of accesses, and of those who may: questions to `audit_event`, each bounded by an index. */
import type { PrincipalState, WorkspaceState } from '@keytrail/access';
import type { Principal, WhatIfPage, Workspace } from '@keytrail/contracts';
import { durableName } from '@keytrail/contracts';
import { databaseOf, readRows } from '@keytrail/postgres';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { READER } from '../audit.projection.js';
import type { Place } from '../event/audit-event.page.js';
import type { KeptEvent } from './access.view.js';
import type { Folded, StreamEvent } from './standing.js';
import { principalIn, workspaceIn } from './standing.js';

export type UpTo = WhatIfPage['upTo'];

export interface EventSearch {
  readonly workspace: Workspace;
  /** RFC 3339. */
  readonly since: string;
  /** Only what stands behind this place, newest first. */
  readonly after: Place | null;
  readonly limit: number;
}

/** What says whom a credential belongs to, and nothing of what they may. */
const TOKENS = sql`('keytrail.principal.TokenIssued.v1', 'keytrail.principal.TokenRevoked.v1')`;

@Injectable()
export class AccessStore {
  constructor(private readonly orm: MikroORM) {}

  /** How far the vault has been followed. */
  async upTo(): Promise<UpTo> {
    const [row] = await this.read<{ readonly ordinal: string; readonly time: string | null }>(sql`
      select ordinal, (select time from audit_event e where service = 'vault' and e.ordinal <= c.ordinal
                        order by e.ordinal desc limit 1) as time
        from projection_checkpoint c where projection = ${durableName(READER, 'vault')}`);
    const time = row?.time ?? null;
    return { ordinal: Number(row?.ordinal ?? 0), time: time === null ? null : rfc3339(time) };
  }

  /** The workspace as it stood up to an ordinal of the vault. */
  async workspace(workspace: Workspace, { ordinal }: UpTo): Promise<Folded<WorkspaceState>> {
    const events = await this.read<StreamEvent>(sql`
      select subject, type, details from audit_event
       where service = 'vault' and type like 'keytrail.workspace.%' and subject = ${workspace} and ordinal <= ${ordinal}
       order by ordinal`);
    return workspaceIn(events);
  }

  /** Principals as they stood up to an ordinal of the vault; of tokens nothing is told. */
  async principals(
    principals: readonly Principal[],
    { ordinal }: UpTo,
  ): Promise<ReadonlyMap<Principal, Folded<PrincipalState>>> {
    if (principals.length === 0) return new Map();
    const events = await this.read<StreamEvent>(sql`
      select subject, type, details from audit_event
       where service = 'vault' and type like 'keytrail.principal.%' and subject = any(${principals}::text[]) and ordinal <= ${ordinal}
         and type not in ${TOKENS}
       order by ordinal`);
    const streams = new Map<string, StreamEvent[]>(principals.map((principal) => [principal, []]));
    for (const event of events) streams.get(event.subject)?.push(event);
    return new Map(principals.map((principal) => [principal, principalIn(streams.get(principal) ?? [])]));
  }

  /** The events of a workspace, newest first: by time, and among equal times by service and ordinal. */
  async latest({ workspace, since, after, limit }: EventSearch): Promise<readonly KeptEvent[]> {
    const behind =
      after === null
        ? sql``
        : sql`and (time, service, ordinal) < (${after.time}::timestamptz, ${after.service}, ${after.ordinal}::bigint)`;
    const rows = await this.read<Omit<KeptEvent, 'ordinal'> & { readonly ordinal: string }>(sql`
      select service, ordinal, id, time, type, principal, reference, ip, purpose, details -> 'count' as count
        from audit_event
       where workspace = ${workspace} and time >= ${since}::timestamptz ${behind}
       order by time desc, service desc, ordinal desc limit ${limit}`);
    return rows.map((row) => ({ ...row, ordinal: Number(row.ordinal), time: rfc3339(row.time) }));
  }

  private read<R>(query: ReturnType<typeof sql<R>>): Promise<readonly R[]> {
    return readRows(databaseOf(this.orm), query);
  }
}

const rfc3339 = (stored: string): string => new Date(stored).toISOString();
