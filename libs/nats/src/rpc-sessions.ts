/** The door of a service: which session a request belongs to, and whether it is truly that session's. */
import type { Conn, Powers, Principal, RpcAddress, SessionId } from '@keytrail/contracts';
import { LIMITS, RPC_HEADERS, SessionId as SessionIdGrammar } from '@keytrail/contracts';
import { isRequestMac, type RequestPlace, type SessionKeys } from '@keytrail/crypto';
import { LRUCache } from 'lru-cache';
import { refused } from './answer.js';
import { ReplayWindow } from './replay-window.js';
import { latestDeadlineMs, type RequestHeaders } from './rpc-request.js';

/** A session as the service that is asked knows it. */
export interface KnownSession {
  readonly sessionId: SessionId;
  readonly principal: Principal;
  readonly conn: Conn;
  /** Of the service that is asked. */
  readonly keys: SessionKeys;
  readonly powers: Powers;
  /** Epoch milliseconds. */
  readonly expiresAtMs: number;
  /** Where nats-server saw the caller; null for a process of Keytrail's own. */
  readonly address: string | null;
}

/** Where a service's sessions are known. */
export interface RpcSessions {
  /** Null: there is no such session, or no longer. Throws where that cannot be told at the moment. */
  find(sessionId: SessionId): Promise<KnownSession | null>;
}

/** A message on its way in, as far as its session is concerned. */
export interface SignedMessage {
  readonly address: RpcAddress;
  readonly subject: string;
  readonly reply: string;
  readonly headers: RequestHeaders;
  readonly body: Uint8Array;
}

/** A request that is proven to be its session's, and to be the first of its counter here. */
export interface Admitted {
  readonly ok: true;
  readonly session: KnownSession;
  readonly counter: number;
}

const MAX_SESSIONS = 10_000;

/**
 * Admits a request, or answers why not: without a word about which of the checks it was, for who does not hold the
 * session's key has nothing to learn here.
 */
export function sessionDoor(sessions: RpcSessions) {
  const windows = new LRUCache<SessionId, ReplayWindow>({ max: MAX_SESSIONS });
  const windowOf = (sessionId: SessionId): ReplayWindow => {
    const known = windows.get(sessionId);
    if (known !== undefined) return known;
    const opened = new ReplayWindow();
    windows.set(sessionId, opened);
    return opened;
  };
  return async (message: SignedMessage, nowMs: number): Promise<Admitted | typeof invalid> => {
    const place = placeOf(message);
    const sessionId = SessionIdGrammar.safeParse(place?.session).data;
    if (place === null || sessionId === undefined) return invalid;
    const session = await sessions.find(sessionId);
    if (session === null || session.expiresAtMs <= nowMs) return invalid;
    const { principal, conn } = message.address;
    if (session.principal !== principal || session.conn !== conn) return invalid;
    const mac = message.headers.values(RPC_HEADERS.mac)[0] ?? '';
    if (!isRequestMac(session.keys.request, { mac, place, body: message.body })) return invalid;
    const counter = Number(place.counter);
    // One that is no number is refused for that, by whoever reads it.
    const isInTime = !(Number(place.deadline) > latestDeadlineMs(nowMs));
    if (!isInTime || counter > LIMITS.sessionMessages || !windowOf(sessionId).serve(counter)) return invalid;
    return { ok: true, session, counter };
  };
}

const invalid = refused(
  'auth.session_invalid',
  'this is not a request of a session that is known here: open a new session',
);

/** Null where the counter is ill-formed, the deadline missing, or a header given twice. */
function placeOf({ subject, reply, headers }: SignedMessage): RequestPlace | null {
  let isPlain = headers.values(RPC_HEADERS.mac).length === 1;
  const one = (name: string): string => {
    const said = headers.values(name);
    isPlain &&= said.length < 2;
    return said[0] ?? '';
  };
  const place: RequestPlace = {
    session: one(RPC_HEADERS.session),
    counter: one(RPC_HEADERS.counter),
    subject,
    reply,
    requestId: one(RPC_HEADERS.requestId),
    deadline: one(RPC_HEADERS.deadline),
    commandId: one(RPC_HEADERS.commandId),
    onBehalfOf: one(RPC_HEADERS.onBehalfOf),
    edge: one(RPC_HEADERS.edge),
    traceparent: one(RPC_HEADERS.traceparent),
  };
  const isNumbered = /^[1-9]\d{0,14}$/.test(place.counter) && place.deadline !== '';
  return isPlain && isNumbered ? place : null;
}
