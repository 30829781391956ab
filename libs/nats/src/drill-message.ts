/** For drills and specs: a message exactly as the drill wants it, honest or not, and what comes back first. */
import { headers } from '@nats-io/transport-node';
import type { BusConnection } from './connect.js';

/** A request as it stands on the wire. */
export interface RawMessage {
  readonly subject: string;
  /** The subject of its reply, which the connection must be allowed to hear. */
  readonly reply: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** `headers` has the first value of each. */
export type RawReply = Pick<RawMessage, 'headers' | 'body'>;

/** Null where nothing comes back in time. */
export async function exchangeRaw(
  { nc }: BusConnection,
  { subject, reply, headers: said, body }: RawMessage,
  timeoutMs = 5_000,
): Promise<RawReply | null> {
  const first = Promise.withResolvers<RawReply | null>();
  const subscription = nc.subscribe(reply, {
    max: 1,
    callback: (error, message) =>
      error
        ? first.reject(error)
        : first.resolve({
            headers: Object.fromEntries(
              (message.headers?.keys() ?? []).map((key) => [key, message.headers?.get(key) ?? '']),
            ),
            body: message.data,
          }),
  });
  const timer = setTimeout(() => first.resolve(null), timeoutMs);
  const all = headers();
  for (const [name, text] of Object.entries(said)) all.set(name, text);
  nc.publish(subject, body, { reply, headers: all });
  try {
    return await first.promise;
  } finally {
    clearTimeout(timer);
    subscription.unsubscribe();
  }
}
