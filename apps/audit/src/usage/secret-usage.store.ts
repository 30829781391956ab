/** The table `secret_usage`: counts that grow with the events, in the transaction that counts them. */
import type { Principal, Reference } from '@keytrail/contracts';
import type { DatabaseTransaction } from '@keytrail/postgres';
import { asJournalFault, databaseOf } from '@keytrail/postgres';
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
}

@Injectable()
export class SecretUsageStore {
  constructor(private readonly orm: MikroORM) {}

  /** Adds to the counts of each reference, taken in one order so that two transactions cannot wait for each other. */
  async add(tx: DatabaseTransaction, usages: readonly Usage[]): Promise<void> {
    if (usages.length === 0) return;
    await sql`
      insert into secret_usage as known (reference, decrypted, denied, last_used_at, last_used_by)
      select * from unnest(
        ${usages.map((u) => u.reference)}::text[], ${usages.map((u) => u.decrypted)}::bigint[],
        ${usages.map((u) => u.denied)}::bigint[], ${usages.map((u) => u.lastUsedAt)}::timestamptz[],
        ${usages.map((u) => u.lastUsedBy)}::text[]) order by 1
      on conflict (reference) do update set
        decrypted = known.decrypted + excluded.decrypted,
        denied = known.denied + excluded.denied,
        last_used_at = greatest(known.last_used_at, excluded.last_used_at),
        last_used_by = case when excluded.last_used_at is null or known.last_used_at > excluded.last_used_at
                            then known.last_used_by else excluded.last_used_by end`.execute(tx);
  }

  async get(reference: Reference): Promise<Usage> {
    const [row] = await this.rowsOf(reference);
    if (row === undefined) return unused(reference);
    return {
      reference,
      decrypted: Number(row.decrypted),
      denied: Number(row.denied),
      lastUsedAt: row.last_used_at === null ? null : new Date(row.last_used_at).toISOString(),
      lastUsedBy: row.last_used_by,
    };
  }

  private async rowsOf(reference: Reference): Promise<readonly Row[]> {
    const query = sql<Row>`
      select decrypted, denied, last_used_at, last_used_by from secret_usage where reference = ${reference}`;
    try {
      return (await query.execute(databaseOf(this.orm))).rows;
    } catch (error) {
      throw asJournalFault(error);
    }
  }
}
