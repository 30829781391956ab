/**
 * How a service's replies leave it: as JSON, sealed where they belong to a session, and never larger than a message.
 */
import type { Code, RpcReply } from '@keytrail/contracts';
import { RPC_HEADERS } from '@keytrail/contracts';
import { sealReply, type SessionKeys } from '@keytrail/crypto';
import type { MsgHdrs, NatsConnection } from '@nats-io/transport-node';
import { refused } from './answer.js';
import type { Log } from './log.js';
import type { KnownSession } from './rpc-sessions.js';
import { MAX_PAYLOAD_BYTES } from './server-configuration.js';
import { wireHeaders } from './wire-headers.js';

/** Nonce, tag and the header that names the session. */
const SEALED_MORE_BYTES = 128;

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

/** How replies leave. */
export interface ReplySender {
  /** Sends a reply and returns its code; what cannot be sent is logged. */
  send(destination: ReplyDestination, reply: RpcReply): Code | 'ok';
  /** So long may the JSON of a reply be. */
  maxBytes(): number;
  /** Sends at once what waits for the end of this turn of the event loop. */
  flush(): void;
}

/** The same for all replies under a session, whose keys are the same object for as long as it is known. */
const HEADERS = new WeakMap<SessionKeys, MsgHdrs>();

function headersOf({ sessionId, keys }: SealingSession): MsgHdrs {
  const known = HEADERS.get(keys);
  if (known !== undefined) return known;
  const headers = wireHeaders([[RPC_HEADERS.session, sessionId]]);
  HEADERS.set(keys, headers);
  return headers;
}

interface Outgoing {
  readonly to: string;
  readonly bytes: Uint8Array;
  readonly headers?: MsgHdrs;
}

/** Replies of one turn of the event loop leave together: a write to the socket costs as much as making one of them. */
export function replySender(nc: NatsConnection, log: Log): ReplySender {
  let waiting: Outgoing[] = [];
  const flush = (): void => {
    const leaving = waiting;
    waiting = [];
    for (const { to, bytes, headers } of leaving)
      try {
        nc.publish(to, bytes, headers && { headers });
      } catch (error) {
        log.warn({ err: error }, 'an answer could not be sent');
      }
  };
  const leave = (outgoing: Outgoing): void => {
    if (waiting.push(outgoing) === 1) setImmediate(flush);
  };
  /** A reply that JSON cannot say is a mistake of a handler's; its caller is told something all the same. */
  const encode = (reply: RpcReply): string => {
    try {
      return JSON.stringify(reply);
    } catch (error) {
      log.error({ err: error }, 'an answer cannot be written as JSON');
      return JSON.stringify(refused('internal', 'the answer could not be written'));
    }
  };
  const sealedOf = ({ to, from, under }: ReplyDestination, json: string): Outgoing => {
    if (under === null) return { to, bytes: Buffer.from(json) };
    const { sessionId: session, keys } = under.session;
    const bytes = sealReply(keys.reply, { session, counter: under.counter, subject: from, reply: to }, json);
    return { to, bytes, headers: headersOf(under.session) };
  };
  const maxBytes = (): number => (nc.info?.max_payload ?? MAX_PAYLOAD_BYTES) - SEALED_MORE_BYTES;
  const send = (destination: ReplyDestination, answer: RpcReply): Code | 'ok' => {
    let [reply, json] = [answer, encode(answer)];
    if (Buffer.byteLength(json) > maxBytes()) {
      reply = refused('request.too_large', 'the answer would be too large; ask for less at once');
      json = encode(reply);
    }
    try {
      leave(sealedOf(destination, json));
    } catch (error) {
      log.warn({ err: error }, 'an answer could not be sealed');
    }
    return reply.ok ? 'ok' : reply.error.code;
  };
  return { send, maxBytes, flush };
}
