/** The table `audit_event`: filled in batches, read a page at a time, with who it was. Values are always bound. */
import type { ListAuditEventsRequest, Reference } from '@keytrail/contracts';
import type { DatabaseTransaction } from '@keytrail/postgres';
import { asJournalFault } from '@keytrail/postgres';
import type { InferKyselyDB } from '@mikro-orm/postgresql';
import { defineEntity, MikroORM, p } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import { ACTOR_COLUMNS } from '../principal/principal.store.js';
import type { Place } from './audit-event.page.js';
import type { Actor, AuditFacts, AuditRecord } from './audit-event.view.js';

const nullableText = <T extends string>() => p.text().$type<T>().nullable();

const AuditEventSchema = defineEntity({
  name: 'AuditEvent',
  tableName: 'audit_event',
  properties: {
    service: p.text().$type<AuditFacts['service']>().primary(),
    ordinal: p.bigint('number').primary(),
    id: p.uuid().$type<NonNullable<AuditFacts['id']>>().nullable(),
    time: p.datetime(3),
    action: p.text(),
    type: p.text(),
    outcome: p.text().$type<AuditFacts['outcome']>(),
    code: nullableText(),
    workspace: p.text().$type<AuditFacts['workspace']>(),
    subject: nullableText(),
    reference: nullableText<NonNullable<AuditFacts['reference']>>(),
    version: p.integer().nullable(),
    principal: nullableText<NonNullable<AuditFacts['principal']>>(),
    via: nullableText<NonNullable<AuditFacts['via']>>(),
    requestId: nullableText(),
    traceId: nullableText(),
    ip: nullableText(),
    userAgent: nullableText(),
    purpose: nullableText(),
    details: p.json<AuditFacts['details']>(),
  },
});
export class AuditEvent extends AuditEventSchema.class {}
AuditEventSchema.setClass(AuditEvent);

/** What entries are looked for by; `from` is included, `to` is not. */
export type AuditEventFilter = Omit<ListAuditEventsRequest, 'cursor' | 'limit'>;

export interface AuditEventSearch {
  readonly filter: AuditEventFilter;
  /** Only what stands behind this place, newest first. */
  readonly after: Place | null;
  readonly limit: number;
}

/** Rows come and go as the entity has them: its property names, its types. */
const AS_ENTITY = { columnNamingStrategy: 'property', convertValues: true } as const;

type Tables = InferKyselyDB<typeof AuditEventSchema, typeof AS_ENTITY>;

const ACCESSES = ['decrypt', 'access_denied'];

/** Nearly all events are: no index finds them but the one of all. */
const COMMON_ACTIONS: readonly string[] = ['decrypt', 'read'];

/** Whether there is an index that leads to what fits, by the side of what does not. */
function isNarrow({ reference, principal, workspace, requestId, outcome, action = 'read' }: AuditEventFilter): boolean {
  const named = [reference, principal, workspace, requestId].some((value) => value !== undefined);
  return named || outcome === 'failure' || !COMMON_ACTIONS.includes(action);
}

@Injectable()
export class AuditEventStore {
  constructor(private readonly orm: MikroORM) {}

  /** Adds events that are not there yet. */
  async append(tx: DatabaseTransaction, events: readonly AuditFacts[]): Promise<void> {
    const { props } = this.orm.getMetadata(AuditEvent);
    const columns = props.map(({ fieldNames: [column] }) => sql.ref(column as string));
    const values = props.map(({ name, columnTypes: [type] }) => {
      const column = events.map((event) => event[name as keyof AuditFacts]);
      return sql`${type === 'jsonb' ? column.map((value) => JSON.stringify(value)) : column}::${sql.raw(`${type}[]`)}`;
    });
    await sql`insert into audit_event (${sql.join(columns)}) select * from unnest(${sql.join(values)})`.execute(tx);
  }

  /** Newest first: by time, and among equal times by service and ordinal. */
  async find({ filter, after, limit }: AuditEventSearch): Promise<AuditRecord[]> {
    const { action, from, to, principal, reference, workspace, outcome, requestId } = filter;
    const equal = { principal, reference, workspace, outcome, requestId };
    let query = this.events()
      .where((expression) => expression.and(equal))
      .limit(limit);
    if (!isNarrow(filter)) query = query.where(sql<boolean>`ordinal > 0`);
    if (action !== undefined) query = query.where('action', 'in', action === 'read' ? ['read', 'decrypt'] : [action]);
    if (from !== undefined) query = query.where('time', '>=', new Date(from));
    if (to !== undefined) query = query.where('time', '<', new Date(to));
    if (after !== null)
      query = query.where(
        sql<boolean>`(time, service, ordinal) < (${after.time}::timestamptz, ${after.service}, ${after.ordinal}::bigint)`,
      );
    return recordsFrom(query);
  }

  /** The latest attempts to obtain a secret, newest first. */
  async latestAccesses(reference: Reference, limit: number): Promise<AuditRecord[]> {
    const query = this.events().where('reference', '=', reference).where('action', 'in', ACCESSES).limit(limit);
    return recordsFrom(query);
  }

  private events() {
    return this.orm.em
      .getKysely<Tables, typeof AS_ENTITY>(AS_ENTITY)
      .selectFrom('audit_event')
      .selectAll()
      .select(ACTOR_COLUMNS)
      .orderBy('time', 'desc')
      .orderBy('service', 'desc')
      .orderBy('ordinal', 'desc');
  }
}

type Query = { execute(): Promise<readonly (Selectable<Tables['audit_event']> & Actor)[]> };

async function recordsFrom(query: Query): Promise<AuditRecord[]> {
  try {
    const rows = await query.execute();
    return rows.map(({ time, ...event }) => ({ ...event, time: time.toISOString() }));
  } catch (error) {
    throw asJournalFault(error);
  }
}
