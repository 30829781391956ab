/** A service's stream in JetStream: made, looked at, written to, and thrown away. */
import type { Service } from '@keytrail/contracts';
import { eventSubscription, streamName } from '@keytrail/contracts';
import type { StoredEvent } from '@keytrail/eventsourcing';
import type { ApiError, StreamConfig, StreamInfo } from '@nats-io/jetstream';
import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  JetStreamError,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { type Msg, nanos } from '@nats-io/transport-node';
import { EVENT_HEADERS, headersOf, subjectOf } from './bus-event.js';
import type { BusConnection } from './connect.js';
import { inPublishSpan } from './span.js';
import type { StreamFacts } from './stream-health.js';

/**
 * Nothing rests on the server's finding duplicates: a message has one place. It remembers ids for as long, at 400 bytes
 * each, so that a message can name the one before.
 */
const DUPLICATE_WINDOW_MS = 2_000;
const TIMEOUT_MS = 3_000;

/** Every call throws where the server cannot be reached or refuses. */
export interface EventStream {
  /** Null where there is no such stream. */
  inspect(): Promise<StreamFacts | null>;
  /** The id of the event at a sequence; null where no message stands there. */
  eventIdAt(sequence: number): Promise<string | null>;
  /** Deletes the stream where there is one. */
  remove(): Promise<void>;
  /** Removes the stream, and makes it empty. */
  recreate(): Promise<void>;
  /**
   * Stores the events as messages `first`, `first` + 1 and so on, and only there. Each is refused unless the stream's
   * last sequence is one less, and that message is the event before: where one of them is not taken, none of those
   * behind it is. So the server's word on the last of them is its word on all, and the only one that is waited for. Of
   * the first it is not asked which event stands before it, for the server does not know that for long.
   */
  publishAll(events: readonly StoredEvent[], first: number): Promise<Acknowledgement>;
}

/** Where the last message stands; `duplicate` where the server had it already, and stored nothing. */
export interface Acknowledgement {
  readonly seq: number;
  readonly duplicate: boolean;
}

export interface EventStreamOptions {
  readonly connection: BusConnection;
  readonly service: Service;
  readonly maxAgeMs: number;
}

export async function eventStream({ connection, service, maxAgeMs }: EventStreamOptions): Promise<EventStream> {
  const name = streamName(service);
  const config = configurationOf(service, maxAgeMs);
  const { streams } = await jetstreamManager(connection.nc, { checkAPI: false, timeout: TIMEOUT_MS });
  const remove = async (): Promise<void> => {
    await orNull(streams.delete(name), JetStreamApiCodes.StreamNotFound);
  };
  return {
    inspect: async () => {
      const info = await orNull(streams.info(name), JetStreamApiCodes.StreamNotFound);
      return info === null ? null : factsOf(info, config);
    },
    eventIdAt: async (sequence) => {
      const message = await orNull(streams.getMessage(name, { seq: sequence }), JetStreamApiCodes.NoMessageFound);
      return message?.header.get(EVENT_HEADERS.messageId) ?? null;
    },
    remove,
    recreate: async () => {
      await remove();
      await streams.add(config);
    },
    publishAll: async (events, first) => {
      const messages = events.map((event, i) => ({
        event,
        subject: subjectOf(service, event),
        headers: { ordinal: first + i, stream: name, after: events[i - 1]?.id },
      }));
      const last = messages.pop();
      if (last === undefined) throw new RangeError('there is nothing to publish');
      const sent = messages.map(({ event, subject, headers }) =>
        inPublishSpan(name, event, () =>
          connection.nc.publish(subject, event.body, { headers: headersOf(event, headers) }),
        ),
      );
      const acknowledged = inPublishSpan(name, last.event, () =>
        connection.nc.request(last.subject, last.event.body, {
          headers: headersOf(last.event, last.headers),
          timeout: TIMEOUT_MS,
        }),
      );
      const [answer] = await Promise.all([acknowledged, ...sent.filter((traced) => traced !== undefined)]);
      return acknowledgementIn(answer);
    },
  };
}

/** Throws where the message was not taken. */
function acknowledgementIn(answer: Msg): Acknowledgement {
  const { error, seq, duplicate = false } = answer.json<Partial<Acknowledgement> & { readonly error?: ApiError }>();
  if (error !== undefined) throw new JetStreamApiError(error);
  if (seq === undefined) throw new JetStreamError('an answer that is no acknowledgement');
  return { seq, duplicate };
}

function configurationOf(service: Service, maxAgeMs: number) {
  return {
    name: streamName(service),
    subjects: [eventSubscription(service)],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    max_msgs: -1,
    max_bytes: -1,
    max_msgs_per_subject: -1,
    max_age: nanos(maxAgeMs),
    duplicate_window: nanos(Math.min(DUPLICATE_WINDOW_MS, maxAgeMs)),
    deny_delete: true,
    deny_purge: true,
  } satisfies Partial<StreamConfig>;
}

function factsOf({ config, created, state, ts }: StreamInfo, wanted: Partial<StreamConfig>): StreamFacts {
  const names = Object.keys(wanted) as (keyof StreamConfig)[];
  return {
    nowMs: ts === undefined ? Date.now() : Date.parse(ts),
    createdMs: Date.parse(created),
    asConfigured: names.every((name) => JSON.stringify(config[name]) === JSON.stringify(wanted[name])),
    messages: state.messages,
    firstSeq: state.first_seq,
    lastSeq: state.last_seq,
    lastStoredMs: Date.parse(state.last_ts),
    deleted: state.num_deleted ?? 0,
  };
}

async function orNull<T>(answer: Promise<T>, notFound: number): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === notFound) return null;
    throw error;
  }
}
