/** The table `secret_usage`: counts that grow with the events, in the transaction that counts them. */
import type { Principal, Reference, SecretSecurity, Workspace } from '@keytrail/contracts';
import { partsOf } from '@keytrail/contracts';
import type { DatabaseTransaction } from '@keytrail/postgres';
import { databaseOf, readRows } from '@keytrail/postgres';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import type { Usage } from './secret-usage.view.js';
import { unused } from './secret-usage.view.js';

interface Row {
  readonly decrypted: string;
  readonly denied: string;
  readonly last_used_at: string | null;
  readonly last_used_by: Principal | null;
  readonly access_anomaly_detected_at: string | null;
}

/** Which secrets to tell of, by reference: those behind `after`. */
export interface SecuritySearch {
  readonly workspace: Workspace | undefined;
  readonly after: Reference | null;
  readonly limit: number;
}

type SummaryRow = Pick<Row, 'last_used_at' | 'access_anomaly_detected_at'> & {
  readonly reference: Reference;
  readonly accesses: string;
  readonly failed: string;
};

/** How many denials an event stands for, by the rule of the view. */
const DENIALS = sql`case when (details -> 'count')::text ~ '^[1-9][0-9]{0,8}$' then (details -> 'count')::int else 1 end`;

@Injectable()
export class SecretUsageStore {
  constructor(private readonly orm: MikroORM) {}

  /** Adds to the counts of each reference, taken in one order so that two transactions cannot wait for each other. */
  async add(tx: DatabaseTransaction, usages: readonly Usage[]): Promise<void> {
    if (usages.length === 0) return;
    await sql`
      insert into secret_usage as known
        (reference, decrypted, denied, last_used_at, last_used_by, access_anomaly_detected_at)
      select * from unnest(
        ${usages.map((u) => u.reference)}::text[], ${usages.map((u) => u.decrypted)}::bigint[],
        ${usages.map((u) => u.denied)}::bigint[], ${usages.map((u) => u.lastUsedAt)}::timestamptz[],
        ${usages.map((u) => u.lastUsedBy)}::text[],
        ${usages.map((u) => u.accessAnomalyDetectedAt)}::timestamptz[]) order by 1
      on conflict (reference) do update set
        decrypted = known.decrypted + excluded.decrypted,
        denied = known.denied + excluded.denied,
        last_used_at = greatest(known.last_used_at, excluded.last_used_at),
        last_used_by = case when excluded.last_used_at is null or known.last_used_at > excluded.last_used_at
                            then known.last_used_by else excluded.last_used_by end,
        access_anomaly_detected_at = greatest(known.access_anomaly_detected_at, excluded.access_anomaly_detected_at)
      `.execute(tx);
  }

  async get(reference: Reference): Promise<Usage> {
    const query = sql<Row>`
      select decrypted, denied, last_used_at, last_used_by, access_anomaly_detected_at from secret_usage where reference = ${reference}`;
    const [row] = await readRows(databaseOf(this.orm), query);
    if (row === undefined) return unused(reference);
    return {
      reference,
      decrypted: Number(row.decrypted),
      denied: Number(row.denied),
      lastUsedAt: timeOf(row.last_used_at),
      lastUsedBy: row.last_used_by,
      accessAnomalyDetectedAt: timeOf(row.access_anomaly_detected_at),
    };
  }

  /** By reference; counts are of the last 24 hours. */
  async summary({ workspace, after, limit }: SecuritySearch): Promise<SecretSecurity[]> {
    const rows = await readRows(
      databaseOf(this.orm),
      sql<SummaryRow>`
        select reference, last_used_at, access_anomaly_detected_at, coalesce(accesses, 0) as accesses, coalesce(failed, 0) as failed
          from (select * from secret_usage
                 where reference > ${after ?? ''} and workspace = coalesce(${workspace ?? null}, workspace)
                 order by reference limit ${limit}) u,
               lateral (select count(*) filter (where action = 'decrypt') as accesses,
                               sum(${DENIALS}) filter (where action = 'access_denied') as failed
                          from audit_event e
                         where e.reference = u.reference and e.action in ('decrypt', 'access_denied')
                           and e.time > now() - interval '24 hours') c
         order by reference`,
    );
    return rows.map(({ reference, accesses, failed, ...row }) => ({
      reference,
      workspace: partsOf(reference).workspace,
      accesses24h: Number(accesses),
      failedAccesses24h: Number(failed),
      lastUsedAt: timeOf(row.last_used_at),
      hasAnomaly: row.access_anomaly_detected_at !== null,
      accessAnomalyDetectedAt: timeOf(row.access_anomaly_detected_at),
    }));
  }
}

const timeOf = (stored: string | null): string | null => (stored === null ? null : new Date(stored).toISOString());
