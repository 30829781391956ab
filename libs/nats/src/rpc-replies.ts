/**
 * How a service's replies leave it: as JSON, sealed where they belong to a session, and never larger than a message.
 */
import type { Code, RpcReply } from '@keytrail/contracts';
import { RPC_HEADERS } from '@keytrail/contracts';
import { sealReply } from '@keytrail/crypto';
import type { NatsConnection } from '@nats-io/transport-node';
import { headers } from '@nats-io/transport-node';
import { refused } from './answer.js';
import type { Log } from './log.js';
import type { KnownSession } from './rpc-sessions.js';
import { MAX_PAYLOAD_BYTES } from './server-configuration.js';

/** Nonce, tag and the header that names the session. */
const SEALED_MORE_BYTES = 128;

const encoder = new TextEncoder();

export type SealingSession = Pick<KnownSession, 'sessionId' | 'keys'>;

/** The session under whose key a reply is sealed, and the counter of the request. */
export interface SealedBy {
  readonly session: SealingSession;
  readonly counter: string;
}

/** Where a reply goes; in clear where `under` is null. */
export interface ReplyDestination {
  readonly to: string;
  /** The subject of the request. */
  readonly from: string;
  readonly under: SealedBy | null;
}

/** The answer of a handler that has just made the session under which it is to be sealed, with the counter 0. */
export class SealedUnder {
  constructor(
    readonly reply: RpcReply,
    readonly session: SealingSession,
  ) {}
}

export const sealedUnder = (reply: RpcReply, session: SealingSession): SealedUnder => new SealedUnder(reply, session);

/** Sends a reply and returns its code; what cannot be sent is logged. */
export function replySender(nc: NatsConnection, log: Log) {
  /** A reply that JSON cannot say is a mistake of a handler's; its caller is told something all the same. */
  const encode = (reply: RpcReply): Uint8Array => {
    try {
      return encoder.encode(JSON.stringify(reply));
    } catch (error) {
      log.error({ err: error }, 'an answer cannot be written as JSON');
      return encoder.encode(JSON.stringify(refused('internal', 'the answer could not be written')));
    }
  };
  const publish = ({ to, from, under }: ReplyDestination, bytes: Uint8Array): void => {
    if (under === null) return nc.publish(to, bytes);
    const { sessionId: session, keys } = under.session;
    const sealed = sealReply(keys.reply, { session, counter: under.counter, subject: from, reply: to }, bytes);
    const all = headers();
    all.set(RPC_HEADERS.session, session);
    nc.publish(to, sealed, { headers: all });
  };
  return (destination: ReplyDestination, answer: RpcReply): Code | 'ok' => {
    let [reply, bytes] = [answer, encode(answer)];
    if (bytes.length + SEALED_MORE_BYTES > (nc.info?.max_payload ?? MAX_PAYLOAD_BYTES)) {
      reply = refused('request.too_large', 'the answer would be too large; ask for less at once');
      bytes = encode(reply);
    }
    try {
      publish(destination, bytes);
    } catch (error) {
      log.warn({ err: error }, 'an answer could not be sent');
    }
    return reply.ok ? 'ok' : reply.error.code;
  };
}
