/**
 * The tables `rotation_due` and `rotation_run`: written with the events, read for lists, and the clock that all go by.
 */
import type { Reference, RotationPolicy, RotationRun, RotationStatus, Workspace } from '@keytrail/contracts';
import { partsOf } from '@keytrail/contracts';
import { type Database, type DatabaseTransaction, readRows } from '@keytrail/postgres';
import { type RawBuilder, sql } from 'kysely';
import { policyAt, type StandingPolicy } from './rotation.view.js';

/**
 * Longer than a step takes; two workers on one rotation would do no harm, and a dead one should not be waited for long.
 */
const LEASE_SECONDS = 10;

/** What is kept of a secret's stream at a revision. */
export interface RotationRows {
  readonly reference: Reference;
  readonly revision: number;
  readonly policy: StandingPolicy | null;
  /** The run that began last. */
  readonly run: RotationRun | null;
  /** When a run is next to be started, RFC 3339; null where none is. */
  readonly startsAt: string | null;
}

/** A secret that a worker has taken up; nobody else does for as long as the lease runs. */
export interface Taken {
  readonly reference: Reference;
  readonly attempts: number;
}

/** A stream that a worker lets go of; where it has moved on meanwhile, whoever moved it has said when to look again. */
export interface Seen {
  readonly reference: Reference;
  readonly revision: number;
}

/** Without `due` by reference; with it those that are approaching or overdue, the most urgent first. */
export interface PolicySearch {
  readonly reference?: Reference | undefined;
  readonly workspace?: Workspace | undefined;
  readonly due: boolean;
  /** The place of the last item before: [reference], or [moment, reference] with `due`. */
  readonly after: readonly string[] | null;
  readonly limit: number;
}

/** Newest first. */
export interface RunSearch {
  readonly id?: string | undefined;
  readonly reference?: Reference | undefined;
  readonly workspace?: Workspace | undefined;
  readonly status?: RotationStatus | undefined;
  /** The place of the last item before: [moment, id]. */
  readonly after: readonly string[] | null;
  readonly limit: number;
}

export class RotationStore {
  constructor(private readonly database: Database) {}

  /** The database's clock, RFC 3339 with milliseconds: the one by which events are stamped and rows fall due. */
  async now(): Promise<string> {
    const [row] = await readRows(this.database, sql<{ now: string }>`select rfc3339(clock_timestamp()) as now`);
    return row?.now as string;
  }

  /** Whoever records something of a run is carrying it out, hence holds the lease from then on. */
  async save(tx: DatabaseTransaction, { reference, revision, policy, run, startsAt }: RotationRows): Promise<void> {
    const wakeAt = run?.status === 'running' ? leased : sql`${startsAt}::timestamptz`;
    await sql`
      insert into rotation_due (reference, workspace, revision, policy, due_at, notify_at, wake_at)
      values (${reference}, ${partsOf(reference).workspace}, ${revision}, ${policy && JSON.stringify(policy)}::jsonb,
              ${policy?.nextRotationAt ?? null}::timestamptz, ${policy?.notifyAt ?? null}::timestamptz, ${wakeAt})
      on conflict (reference) do update set
        revision = excluded.revision, policy = excluded.policy, due_at = excluded.due_at,
        notify_at = excluded.notify_at, wake_at = excluded.wake_at, attempts = 0`.execute(tx);
    if (run === null) return;
    await sql`
      insert into rotation_run
        (id, reference, workspace, trigger, handler, status, version, code, started_by, started_at, ended_at)
      values (${run.id}, ${run.reference}, ${run.workspace}, ${run.trigger}, ${run.handler}, ${run.status},
              ${run.version}, ${run.code}, ${run.startedBy}, ${run.startedAt}, ${run.endedAt})
      on conflict (id) do update set status = excluded.status, version = excluded.version, code = excluded.code,
        ended_at = excluded.ended_at`.execute(tx);
  }

  /** Takes up to `limit` secrets whose moment has come, each for the length of a lease; the longest waiting first. */
  async take(limit: number): Promise<readonly Taken[]> {
    return readRows(
      this.database,
      sql<Taken>`
        with due as materialized (
          select reference from rotation_due where wake_at <= clock_timestamp()
           order by wake_at limit ${limit} for update skip locked)
        update rotation_due taken set wake_at = ${leased} from due where taken.reference = due.reference
        returning taken.reference, taken.attempts`,
    );
  }

  /** Lets go of a secret for which nothing is to be done before `startsAt`. */
  rest(seen: Seen, startsAt: string | null): Promise<void> {
    return this.letGo(seen, sql`wake_at = ${startsAt}::timestamptz, attempts = 0`);
  }

  /** Lets go of a secret that somebody is to take up in `seconds`. */
  postpone(seen: Seen, seconds: number): Promise<void> {
    return this.letGo(
      seen,
      sql`wake_at = clock_timestamp() + make_interval(secs => ${seconds}), attempts = attempts + 1`,
    );
  }

  /** Lets go of a secret that anybody else may take up at once. */
  giveBack(seen: Seen): Promise<void> {
    return this.letGo(seen, sql`wake_at = clock_timestamp()`);
  }

  async findPolicies({ reference, workspace, due, after, limit }: PolicySearch): Promise<readonly RotationPolicy[]> {
    const [first, second] = after ?? [];
    const rows = await readRows(
      this.database,
      sql<{ policy: StandingPolicy; now: string }>`
        select policy, rfc3339(clock_timestamp()) as now from rotation_due where ${all(
          sql`policy is not null`,
          reference && sql`reference = ${reference}`,
          workspace && sql`workspace = ${workspace}`,
          due && sql`notify_at <= clock_timestamp()`,
          due && second !== undefined && sql`(due_at, reference) > (${first}::timestamptz, ${second})`,
          !due && first !== undefined && sql`reference > ${first}`,
        )} order by ${due ? sql`due_at, reference` : sql`reference`} limit ${limit}`,
    );
    return rows.map(({ policy, now }) => policyAt(policy, now));
  }

  findRuns({ id, reference, workspace, status, after, limit }: RunSearch): Promise<readonly RotationRun[]> {
    const [moment, last] = after ?? [];
    return readRows(
      this.database,
      sql<RotationRun>`
        select id, reference, workspace, trigger, handler, status, version, code, started_by as "startedBy",
               rfc3339(started_at) as "startedAt", rfc3339(ended_at) as "endedAt"
          from rotation_run where ${all(
            id !== undefined && sql`id = ${id}::uuid`,
            reference && sql`reference = ${reference}`,
            workspace && sql`workspace = ${workspace}`,
            status && sql`status = ${status}`,
            last !== undefined && sql`(started_at, id) < (${moment}::timestamptz, ${last}::uuid)`,
          )} order by started_at desc, id desc limit ${limit}`,
    );
  }

  /** Policies whose moment has passed. */
  async countOverdue(): Promise<number> {
    const [row] = await readRows(
      this.database,
      sql<{ overdue: number }>`
        select count(*)::int as overdue from rotation_due where policy is not null and due_at <= clock_timestamp()`,
    );
    return row?.overdue ?? 0;
  }

  private async letGo({ reference, revision }: Seen, change: RawBuilder<unknown>): Promise<void> {
    const update = sql`update rotation_due set ${change} where reference = ${reference} and revision = ${revision}`;
    await readRows(this.database, update);
  }
}

const leased = sql`clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})`;

/** All conditions that are there, joined. */
function all(...conditions: readonly (RawBuilder<unknown> | false | '' | undefined)[]): RawBuilder<unknown> {
  return sql.join([sql`true`, ...conditions.filter((condition) => Boolean(condition))], sql` and `);
}
