/** Folds the services' events into the audit's tables: all of a batch and its checkpoint in one transaction. */
import type { Service } from '@keytrail/contracts';
import { durableName } from '@keytrail/contracts';
import type { Database, Projection } from '@keytrail/postgres';
import { projection } from '@keytrail/postgres';
import type { Log } from '@keytrail/service';
import { logParked, Reader } from '@keytrail/service';
import type { AuditEventStore } from './event/audit-event.store.js';
import { readEvent } from './event/audit-event.view.js';
import { appendPrincipals } from './principal/principal.store.js';
import { principalsIn } from './principal/principal.view.js';
import type { SecretUsageStore } from './usage/secret-usage.store.js';
import { usageIn } from './usage/secret-usage.view.js';

/** The name of this reader of the bus. */
export const READER = 'audit';

/** The services whose events are told. */
const FOLLOWED = ['vault', 'rotation', 'anomaly'] as const satisfies readonly Service[];

export interface AuditProjectionOptions {
  readonly database: Database;
  readonly events: AuditEventStore;
  readonly usages: SecretUsageStore;
  readonly log: Log;
}

export function auditReader(options: AuditProjectionOptions): Reader {
  return new Reader(READER, new Map(FOLLOWED.map((service) => [service, auditProjection(service, options)])));
}

/**
 * Nothing that an event says can hold up those behind it: what is wrong with one is logged, and it is kept all the
 * same.
 * One that cannot be kept even so is parked, and any other may overtake it: an entry stands by itself, and the use of a
 * secret is sums and latest times; order tells only who was last among accesses of the same millisecond.
 */
export function auditProjection(service: Service, options: AuditProjectionOptions): Projection {
  const { database, events, usages, log } = options;
  return projection({
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
      await appendPrincipals(tx, principalsIn(readings));
    },
    onParked: logParked(log, READER, service),
  });
}
