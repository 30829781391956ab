/**
 * What a service that decides does beside deciding: copies its journal to the bus, and tells whether that goes well.
 */
import type { Service } from '@keytrail/contracts';
import { type Relay, relay } from '@keytrail/nats';
import {
  type Database,
  horizonHolder,
  postgresJournalReader,
  postgresRelayMarks,
  refuseUnsafeWrites,
  unpublishedSeconds,
} from '@keytrail/postgres';
import type { BackendConnections } from './connect-backend.js';
import type { HealthCheck } from './health.js';
import { horizonMetrics } from './journal-metrics.js';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';
import { relayMetrics } from './relay-metrics.js';

export interface JournalToPublish {
  readonly service: Service;
  readonly database: Database;
  readonly bus: BackendConnections;
  readonly metrics: Metrics;
  readonly log: Log;
}

export interface PublishedJournal {
  readonly relay: Relay;
  /** That the journal can be written safely, and that it and its stream do not contradict each other. */
  readonly checks: readonly HealthCheck[];
}

/** Begins at once, or as soon as no other process does; ends with `relay.stop()`. */
export function publishJournal({ service, database, bus, metrics, log }: JournalToPublish): PublishedJournal {
  const copying = relay({
    service,
    reader: postgresJournalReader(database),
    marks: postgresRelayMarks(database, service),
    connection: bus.events,
    log,
  });
  relayMetrics(metrics, copying);
  horizonMetrics(metrics, {
    holder: () => horizonHolder(database),
    unpublished: () => unpublishedSeconds(database, service),
  });
  return {
    relay: copying,
    checks: [
      { name: 'journal', check: () => refuseUnsafeWrites(database) },
      { name: 'relay', check: () => copying.status().state !== 'stopped' },
    ],
  };
}
