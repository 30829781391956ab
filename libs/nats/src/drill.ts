/** For drills on a running system: what stands in a service's stream, and ways to lose it. */
export { type Attacker, type Echo, type Intruders, knock, type Knock, withIntruders } from './drill-attacker.js';
export { type DrillCaller, drillCaller, withInsider } from './drill-caller.js';
export { drillDoor, type DrillDoor } from './drill-door.js';
export { exchangeRaw, type RawMessage, type RawReply } from './drill-message.js';
export { type DrillPublisher, drillPublisher } from './drill-publisher.js';
export { systemDoor, vaultAt } from './drill-vault.js';
import type { Service } from '@keytrail/contracts';
import { streamName } from '@keytrail/contracts';
import { JetStreamApiCodes, JetStreamApiError, jetstreamManager, type StoredMsg } from '@nats-io/jetstream';
import type { BusConnection } from './connect.js';

/** A message as the stream holds it. */
export interface StreamMessage {
  readonly sequence: number;
  readonly subject: string;
  /** The first value of each header. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Epoch milliseconds, on the server's clock. */
  readonly storedMs: number;
}

export interface Range {
  readonly service: Service;
  /** Of the first and of the last message. */
  readonly from: number;
  readonly through: number;
}

const AT_ONCE = 256;

/** The messages of a range, in order; those that are gone are left out. The connection is the publisher's. */
export async function copyMessages(
  { nc }: BusConnection,
  { service, from, through }: Range,
): Promise<readonly StreamMessage[]> {
  const { streams } = await jetstreamManager(nc, { checkAPI: false });
  const messages: StreamMessage[] = [];
  for (let first = from; first <= through; first += AT_ONCE) {
    const sequences = Array.from({ length: Math.min(AT_ONCE, through - first + 1) }, (_, i) => first + i);
    const found = await Promise.all(sequences.map((seq) => orNull(streams.getMessage(streamName(service), { seq }))));
    messages.push(...found.flatMap((message) => (message === null ? [] : [streamMessageOf(message)])));
  }
  return messages;
}

/** Null where there is no stream, or nothing in it. */
export async function lastMessage(connection: BusConnection, service: Service): Promise<StreamMessage | null> {
  const { streams } = await jetstreamManager(connection.nc, { checkAPI: false });
  const last = (await orNull(streams.info(streamName(service))))?.state.last_seq ?? 0;
  if (last === 0) return null;
  const [message] = await copyMessages(connection, { service, from: last, through: last });
  return message ?? null;
}

/** `emptied`: an empty stream of the same settings takes its place, and no relay had a say in it. */
export async function wipeStream({ nc }: BusConnection, service: Service, how: 'deleted' | 'emptied'): Promise<void> {
  const { streams } = await jetstreamManager(nc, { checkAPI: false });
  const { config } = await streams.info(streamName(service));
  await streams.delete(streamName(service));
  // Where the relay was quicker, there is one of these settings already.
  if (how === 'emptied') await streams.add(config);
}

function streamMessageOf({ seq, subject, header, data, time }: StoredMsg): StreamMessage {
  const headers = Object.fromEntries(header.keys().map((name) => [name, header.get(name)]));
  return { sequence: seq, subject, headers, body: data, storedMs: time.getTime() };
}

const ABSENT: readonly number[] = [JetStreamApiCodes.StreamNotFound, JetStreamApiCodes.NoMessageFound];

async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof JetStreamApiError && ABSENT.includes(error.code)) return null;
    throw error;
  }
}
