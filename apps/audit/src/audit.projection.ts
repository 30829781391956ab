/** Folds a service's events into the audit's tables: all of them and the checkpoint in one transaction. */
import type { Service } from '@keytrail/contracts';
import { durableName } from '@keytrail/contracts';
import type { BusEvent } from '@keytrail/nats';
import type { Database, Projection } from '@keytrail/postgres';
import { projection } from '@keytrail/postgres';
import type { Log } from '@keytrail/service';
import type { AuditEventStore } from './event/audit-event.store.js';
import { readEvent } from './event/audit-event.view.js';
import type { SecretUsageStore } from './usage/secret-usage.store.js';
import { usageIn } from './usage/secret-usage.view.js';

/** The name of this reader of the bus. */
export const READER = 'audit';

export interface AuditProjectionOptions {
  readonly service: Service;
  readonly database: Database;
  readonly events: AuditEventStore;
  readonly usages: SecretUsageStore;
  readonly log: Log;
}

/** Nothing that an event says can hold up those behind it: what is wrong with one is logged, and it is kept all the same. */
export function auditProjection({
  service,
  database,
  events,
  usages,
  log,
}: AuditProjectionOptions): Projection<BusEvent> {
  return projection<BusEvent>({
    database,
    name: durableName(READER, service),
    apply: async (tx, arrived) => {
      const seenAt = new Date().toISOString();
      const readings = arrived.map((event) => readEvent({ ...event, service }, seenAt));
      for (const { facts, flaws } of readings)
        for (const flaw of flaws)
          log.error({ flaw, service, ordinal: facts.ordinal, eventId: facts.id }, 'an event is not as it was written');
      const facts = readings.map((reading) => reading.facts);
      await events.append(tx, facts);
      await usages.add(tx, usageIn(facts));
    },
  });
}
