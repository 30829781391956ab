/** The durable consumer through which a principal reads a service's events: made for it, since it may make none. */
import { eventSubject, eventSubscription, type Service, streamName } from '@keytrail/contracts';
import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  jetstreamManager,
} from '@nats-io/jetstream';
import { eventDurable } from './auth-permissions.js';
import type { BusConnection } from './connect.js';

const TIMEOUT_MS = 3_000;
const MAX_WAITING_PULLS = 16;

export interface EventConsumerWanted {
  /** Whose events. */
  readonly service: Service;
  /** Who reads. */
  readonly principal: string;
  /** Which events it may see: those of these workspaces, or all. */
  readonly workspaces: readonly string[] | 'all';
}

/**
 * Makes the durable `events-<principal>` where there is none, and confines an old one to `workspaces`; a new one begins
 * with the events that come after it. `connection` is the vault's to the account of events. Throws where the stream is
 * not there, and where JetStream does not answer; two replicas may do it at once.
 */
export async function ensureEventConsumer(
  connection: BusConnection,
  { service, principal, workspaces }: EventConsumerWanted,
): Promise<void> {
  const stream = streamName(service);
  const filters = filtersOf(service, workspaces);
  const { consumers } = await jetstreamManager(connection.nc, { checkAPI: false, timeout: TIMEOUT_MS });
  const present = await consumers.info(stream, eventDurable(principal)).catch(nullWhereAbsent);
  if (present === null) {
    await consumers.add(stream, {
      durable_name: eventDurable(principal),
      deliver_policy: DeliverPolicy.New,
      ack_policy: AckPolicy.Explicit,
      max_waiting: MAX_WAITING_PULLS,
      filter_subjects: filters,
    });
  } else if (!isConfinedTo(filters, present.config)) {
    await consumers.update(stream, eventDurable(principal), { filter_subjects: filters });
  }
}

function filtersOf(service: Service, workspaces: readonly string[] | 'all'): string[] {
  if (workspaces === 'all') return [eventSubscription(service)];
  // A consumer without a filter would see everything.
  if (workspaces.length === 0) throw new Error('a reader of no workspace has no consumer');
  return workspaces.map((workspace) => eventSubject({ service, workspace, aggregate: '*', type: '*' })).toSorted();
}

const isConfinedTo = (filters: readonly string[], config: ConsumerConfig): boolean =>
  (config.filter_subjects ?? [config.filter_subject ?? '']).toSorted().join() === filters.join();

function nullWhereAbsent(error: unknown): null {
  if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound) return null;
  throw error;
}
