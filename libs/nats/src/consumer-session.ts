/**
 * One stretch of undisturbed reading: a durable consumer made afresh from the reader's ordinal, pulled until anything
 * is odd.
 */
import { durableName, streamName } from '@keytrail/contracts';
import type { Consumer, ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import {
  AckPolicy,
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { BusEvent, StreamMessage } from './bus-event.js';
import { busEventOf } from './bus-event.js';
import type { ConsumeOptions } from './consume-options.js';
import { pause } from './pause.js';
import { inHandlingSpans } from './span.js';

const BATCH = 1_000;
const PULL_MS = 5_000;
const ACK_WAIT_MS = 10_000;
const TIMEOUT_MS = 3_000;
/** From the end of one batch to the next, while events keep coming: each batch costs what a hundred events do. */
const GATHER_MS = 100;
/** Where more than a batch waits in the stream, nothing has to gather. */
const BACKLOG = BATCH;

/**
 * Told of each ordinal: where the session starts, and up to where events have been handled. `pendingEvents` stood in
 * the
 * stream behind it at that time.
 */
export interface SessionProgress {
  started(ordinal: number, pendingEvents: number): void;
  /** `storedMs` is when the last of them came into the stream, in epoch milliseconds. */
  handled(ordinal: number, pendingEvents: number, storedMs: number): void;
}

/**
 * Returns when `signal` aborts; throws at the first disturbance: connection, stream or consumer gone, a gap, a message
 * that
 * is not an event, `handle` failing.
 */
export async function readUndisturbed(
  options: ConsumeOptions,
  progress: SessionProgress,
  signal: AbortSignal,
): Promise<void> {
  const { connection, reader, batchSize = BATCH } = options;
  const stream = streamName(options.service);
  if (!connection.isConnected()) throw new Error('there is no connection');
  const lost = new AbortController();
  const stopListening = connection.onLost(() => lost.abort(new Error('the connection was lost')));
  const ended = AbortSignal.any([signal, lost.signal]);
  try {
    let last = await options.lastOrdinal();
    const { consumer, pendingEvents } = await freshConsumer(options, last + 1);
    progress.started(last, pendingEvents);
    let messages: ConsumerMessages | undefined;
    const inBatches = batcher(ended);
    ended.addEventListener('abort', () => messages?.stop());
    while (!ended.aborted) {
      const before = last;
      messages = await consumer.fetch({ max_messages: batchSize, expires: PULL_MS });
      if (ended.aborted) messages.stop();
      await inBatches(messages, async (batch) => {
        const events = eventsAfter(last, batch);
        if (events.length > 0) await inHandlingSpans({ reader, stream }, events, () => options.handle(events));
        last += events.length;
        const final = batch.at(-1);
        final?.ack();
        if (events.length > 0 && final !== undefined) progress.handled(last, final.info.pending, final.time.getTime());
      });
      // What waited when this began may have been handled by another process, which shares the consumer.
      if (last !== before || ended.aborted) continue;
      const { num_pending: waiting, num_ack_pending: inHand } = await consumer.info();
      progress.started(last, waiting + inHand);
    }
    if (!signal.aborted) lost.signal.throwIfAborted();
  } finally {
    stopListening();
  }
}

/** Hands over what has arrived, once nothing more is at hand: after a quiet moment at once, else with what gathers. */
function batcher(ended: AbortSignal) {
  let handledAtMs = -Infinity;
  return async (messages: ConsumerMessages, handle: (batch: readonly JsMsg[]) => Promise<void>): Promise<void> => {
    let batch: JsMsg[] = [];
    const hand = async (): Promise<void> => {
      if (batch.length === 0) return;
      await handle(batch);
      batch = [];
      handledAtMs = performance.now();
    };
    for await (const message of messages) {
      batch.push(message);
      if (messages.getPending() > 0) continue;
      const waitMs = handledAtMs + GATHER_MS - performance.now();
      if (waitMs > 0 && message.info.pending < BACKLOG) await pause(waitMs, ended);
      if (messages.getPending() === 0) await hand();
    }
    await hand();
  };
}

/**
 * The new ones of a batch; what was handled before is left out. Throws at a gap and at a message that is not an event.
 */
export function eventsAfter(last: number, batch: readonly StreamMessage[]): readonly BusEvent[] {
  const events: BusEvent[] = [];
  for (const message of batch) {
    const expected = last + events.length + 1;
    if (message.seq < expected) continue;
    if (message.seq > expected) throw new Error(`message ${message.seq} arrived where ${expected} was due`);
    const event = busEventOf(message);
    if (event === null) throw new Error(`message ${message.seq} is not an event of the relay`);
    events.push(event);
  }
  return events;
}

async function freshConsumer(
  { connection, reader, service }: ConsumeOptions,
  startSequence: number,
): Promise<{ readonly consumer: Consumer; readonly pendingEvents: number }> {
  const stream = streamName(service);
  const durable = durableName(reader, service);
  const { consumers } = await jetstreamManager(connection.nc, { checkAPI: false, timeout: TIMEOUT_MS });
  await consumers.delete(stream, durable).catch((error: unknown) => {
    if (!(error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound)) throw error;
  });
  const info = await consumers.add(stream, {
    durable_name: durable,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: startSequence,
    ack_policy: AckPolicy.All,
    ack_wait: nanos(ACK_WAIT_MS),
  });
  return { consumer: jetstream(connection.nc).consumers.getConsumerFromInfo(info), pendingEvents: info.num_pending };
}
