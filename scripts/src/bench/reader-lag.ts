/** How long what the readers of the vault's journal have not taken in yet has waited. */
import { query } from '../promises/records.js';
import type { System } from '../system.js';

const READERS = { 'audit-vault': 'audit', 'anomaly-vault': 'anomaly-detector' } as const;

/** Event `ordinal` of the journal's order, and its place there. */
interface Place {
  readonly ordinal: number;
  readonly tx: string;
  readonly position: string;
}

const START: Place = { ordinal: 0, tx: '0', position: '0' };

/** What stands behind a place that somebody has read is settled, so that each look can go on from the one before. */
export class ReaderLag {
  private last = START;

  constructor(private readonly system: Pick<System, 'databaseUrl'>) {}

  /** Since when, in ms, the first event waits that not every reader has taken in; 0 where none waits. */
  async ms(): Promise<number> {
    const ordinal = await this.slowest();
    const nowMs = Date.now();
    const before = ordinal < this.last.ordinal ? START : this.last;
    const further = ordinal - before.ordinal;
    const rows = await query<{ tx: string; position: string; time: Date }>(
      this.system.databaseUrl('vault'),
      `select tx::text, position::text, time
         from (select tx, position, time from journal union all select tx, position, time from access_journal) e
        where (tx, position) > ($1::xid8, $2::bigint) order by e.tx, e.position offset $3 limit 2`,
      [before.tx, before.position, Math.max(0, further - 1)],
    );
    const [read, next] = further === 0 ? [before, rows[0]] : rows;
    if (read !== undefined) this.last = { ordinal, tx: read.tx, position: read.position };
    return next === undefined ? 0 : Math.max(0, nowMs - next.time.getTime());
  }

  /** The last ordinal that every reader is done with. */
  async slowest(): Promise<number> {
    const ordinals = Object.entries(READERS).map(async ([projection, service]) => {
      const text = 'select ordinal from projection_checkpoint where projection = $1';
      const [row] = await query<{ ordinal: string }>(this.system.databaseUrl(service), text, [projection]);
      return Number(row?.ordinal ?? 0);
    });
    return Math.min(...(await Promise.all(ordinals)));
  }
}
