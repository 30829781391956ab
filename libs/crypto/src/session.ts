/**
 * A session's keys, and what they do: requests bear a MAC, replies are sealed, each bound to its place in the session.
 */
import type { KeyObject } from 'node:crypto';
import { aesGcmOpen, aesGcmSealBehindNonce, NONCE_LENGTH } from './aes-gcm.js';
import { associatedData } from './associated-data.js';
import { hmacSha256, hmacSha256Text, timingSafeEqualBytes } from './digest.js';
import type { HpkeExport } from './hpke.js';
import { takeKey } from './key.js';
import { publicRandomBytes } from './public-random.js';

const SESSION_SECRET = 'keytrail/session-secret/v1';
const NKEY_STATEMENT = 'keytrail/session-nkey/v1';
const REQUEST_KEY = 'keytrail/request-key/v1';
const REPLY_KEY = 'keytrail/reply-key/v1';
const REQUEST = 'keytrail/request/v1';
const REPLY = 'keytrail/reply/v1';

/** Two keys for one service: what that service knows is of no use with another. */
export interface SessionKeys {
  readonly request: KeyObject;
  readonly reply: KeyObject;
}

/** The 32 bytes that both sides of a session's set-up have, and nobody else. */
export function sessionSecret(exportSecret: HpkeExport): KeyObject {
  return takeKey(exportSecret(SESSION_SECRET));
}

/** The set-up of a session: `enc` as it stands in the sealed message, and the subject that it is sent to. */
export interface SessionSetUp {
  readonly enc: string;
  readonly subject: string;
}

/**
 * What an nkey signs to open a session. It begins with a byte that no UTF-8 has: nats-server has the same nkeys sign
 * nonces, which are text, and could else ask for the signature of a set-up of its own.
 */
export function nkeyStatement({ enc, subject }: SessionSetUp): Buffer {
  return Buffer.concat([Buffer.of(0xff), associatedData([NKEY_STATEMENT, enc, subject])]);
}

/** The keys of one service. One HMAC each, for the secret is uniform (HKDF-Expand, RFC 5869, first block). */
export function sessionKeys(secret: KeyObject, service: string): SessionKeys {
  const expand = (label: string): KeyObject => takeKey(hmacSha256(secret, associatedData([label, service]), '\x01'));
  return { request: expand(REQUEST_KEY), reply: expand(REPLY_KEY) };
}

/** Keys as another service is told them, inside of a sealed reply; base64url. */
export function exportSessionKeys({ request, reply }: SessionKeys): { requestKey: string; replyKey: string } {
  return { requestKey: textOf(request), replyKey: textOf(reply) };
}

function textOf(key: KeyObject): string {
  const bytes = key.export();
  try {
    return bytes.toString('base64url');
  } finally {
    bytes.fill(0);
  }
}

/** The other end of {@link exportSessionKeys}. Throws a TypeError for keys that do not have 32 bytes. */
export function importSessionKeys(told: { requestKey: string; replyKey: string }): SessionKeys {
  const key = (text: string): KeyObject => takeKey(Buffer.from(text, 'base64url'));
  return { request: key(told.requestKey), reply: key(told.replyKey) };
}

/** Where a request stands: all that must not be changed on its way. Absent headers are ''. */
export interface RequestPlace {
  readonly session: string;
  /** Decimal, as the header has it. */
  readonly counter: string;
  readonly subject: string;
  readonly reply: string;
  readonly requestId: string;
  readonly deadline: string;
  readonly commandId: string;
  readonly onBehalfOf: string;
  readonly edge: string;
  readonly traceparent: string;
}

/** HMAC-SHA-256 over the place and the body: 43 characters of base64url. */
export function requestMac(key: KeyObject, place: RequestPlace, body: Uint8Array): string {
  const { session, counter, subject, reply, requestId, deadline, commandId, onBehalfOf, edge, traceparent } = place;
  const told = [session, counter, subject, reply, requestId, deadline, commandId, onBehalfOf, edge, traceparent];
  return hmacSha256Text(key, associatedData([REQUEST, ...told]), body);
}

/** A request with the MAC that came with it. */
export interface SignedRequest {
  readonly mac: string;
  readonly place: RequestPlace;
  readonly body: Uint8Array;
}

/** Whether a request's MAC is the one that its sender must have made, in the one spelling that it has. */
export function isRequestMac(key: KeyObject, { mac, place, body }: SignedRequest): boolean {
  return timingSafeEqualBytes(Buffer.from(mac), Buffer.from(requestMac(key, place, body)));
}

/** Which request a reply answers. */
export type ReplyPlace = Pick<RequestPlace, 'session' | 'counter' | 'subject' | 'reply'>;

/** Nonce 12 ‖ ciphertext ‖ tag 16. The nonce is random: replicas share the key, and count nothing together. */
export function sealReply(key: KeyObject, place: ReplyPlace, reply: Uint8Array | string): Buffer {
  return aesGcmSealBehindNonce({ key, nonce: publicRandomBytes(NONCE_LENGTH), associatedData: boundTo(place) }, reply);
}

/** Opens what {@link sealReply} made for this very request; throws `DecryptionFailed`. */
export function openReply(key: KeyObject, place: ReplyPlace, sealed: Uint8Array): Buffer {
  const nonce = sealed.subarray(0, NONCE_LENGTH);
  return aesGcmOpen({ key, nonce, associatedData: boundTo(place) }, sealed.subarray(NONCE_LENGTH));
}

function boundTo({ session, counter, subject, reply }: ReplyPlace): Buffer {
  return associatedData([REPLY, session, counter, subject, reply]);
}
