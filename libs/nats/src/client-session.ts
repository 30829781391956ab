/** The caller's half of a session: opened with the first request, used for many, opened anew when it ends. */
import type { Credential, RpcAddress, RpcReply, SealingKey, SessionId, VaultKey } from '@keytrail/contracts';
import { LIMITS, OpenSessionReply, parse, RPC_HEADERS, rpcSubject, SYSTEM_WORKSPACE } from '@keytrail/contracts';
import {
  DecryptionFailed,
  type KeyObject,
  openReply,
  type ReplyPlace,
  SEALED_FOR,
  sealTo,
  sessionKeys,
  type SessionKeys,
  sessionSecret,
} from '@keytrail/crypto';
import { type Msg, headers } from '@nats-io/transport-node';
import { ok, refused } from './answer.js';
import { replyOf } from './reply.js';
import type { RpcSender } from './rpc-client.js';
import type { Exchange } from './rpc-exchange.js';
import type { SealingKeyring } from './sealing-keys.js';

/** What a credential may be bound to: the set-up that it is made for. */
export interface SetUp {
  /** Base64url, as it is sent. */
  readonly enc: string;
  /** Of the request that opens the session. */
  readonly subject: string;
}

/** Asked anew for each session. */
export type CredentialSource = (setUp: SetUp) => Credential;

/** How a client shows who it is. */
export interface SessionOptions {
  /** By which it knows the vault. */
  readonly vaultKey: VaultKey;
  readonly credential: CredentialSource;
}

/** A session that is open. */
export interface ClientSession {
  readonly sessionId: SessionId;
  /** Epoch milliseconds; requests that are under way do not meet the end. */
  readonly usableUntilMs: number;
  keysOf(service: string): SessionKeys;
  /** The counter of the next request. */
  next(): string;
}

/** The client's current session. */
export interface ClientSessions {
  /** The session that is open; null where one must be opened first. */
  ready(): ClientSession | null;
  /** The session, opened where there is none. */
  current(): Promise<RpcReply<ClientSession>>;
  /** The service does not know this one (any more). */
  drop(session: ClientSession): void;
}

const MARGIN_MS = 15_000;

/** A set-up may be lost with the replica that had it in hand: whoever comes so much later begins another. */
const LOST_AFTER_MS = LIMITS.deadlineDefaultMs;

interface Opening {
  readonly reply: Promise<RpcReply<ClientSession>>;
  readonly sinceMs: number;
}

export function clientSessions(open: () => Promise<RpcReply<ClientSession>>): ClientSessions {
  let known: ClientSession | null = null;
  let opening: Opening | null = null;
  const openAnew = async (): Promise<RpcReply<ClientSession>> => {
    const reply = await open();
    if (reply.ok) known = reply.value;
    return reply;
  };
  const begin = (sinceMs: number): Opening => {
    const begun = { reply: openAnew(), sinceMs };
    const end = (): void => {
      if (opening === begun) opening = null;
    };
    begun.reply.then(end, end);
    return begun;
  };
  const ready = (): ClientSession | null => (known !== null && known.usableUntilMs > Date.now() ? known : null);
  return {
    ready,
    current: async () => {
      const session = ready();
      if (session !== null) return ok(session);
      const nowMs = performance.now();
      if (opening === null || nowMs - opening.sinceMs > LOST_AFTER_MS) opening = begin(nowMs);
      return opening.reply;
    },
    drop: (session) => {
      if (known === session) known = null;
    },
  };
}

export interface SessionSetUp {
  readonly exchange: Exchange;
  readonly sender: RpcSender;
  readonly keys: SealingKeyring;
  readonly credential: CredentialSource;
}

/** A key that the vault does not know any more is fetched anew, once. Takes as long as a request may at most. */
export async function openSession(setUp: SessionSetUp): Promise<RpcReply<ClientSession>> {
  const reply = await openWithCurrentKey(setUp);
  if (reply.ok || reply.error.code !== 'key.unknown') return reply;
  setUp.keys.forget();
  return openWithCurrentKey(setUp);
}

/** That the reply opens under a key that only the holder of the sealing key can have is the proof of the vault. */
async function openWithCurrentKey({
  exchange,
  sender,
  keys,
  credential,
}: SessionSetUp): Promise<RpcReply<ClientSession>> {
  const key = await keys.current();
  if (!key.ok) return key;
  const address = { service: 'vault', workspace: SYSTEM_WORKSPACE, aggregate: 'session', verb: 'open' } as const;
  const subject = rpcSubject({ ...sender, ...address } as RpcAddress);
  const deadlineMs = Date.now() + LIMITS.deadlineMaxMs;
  let secret: KeyObject | null = null;
  const reply = await exchange({
    subject,
    deadlineMs,
    write: (to) => {
      const sealed = sealCredential(key.value, { subject, to, credential });
      secret = sealed.secret;
      const all = headers();
      all.set(RPC_HEADERS.deadline, String(deadlineMs));
      return { payload: sealed.payload, headers: all };
    },
    take: (message, to) => takeReply(message, { subject, reply: to, secret }),
  });
  if (!reply.ok || secret === null) return reply as RpcReply<never>;
  const opened = parse(OpenSessionReply, reply.value);
  return opened.ok ? ok(sessionOf(opened.value, secret)) : refused('internal', 'the vault opened a session of no form');
}

interface Sealing extends Pick<SessionSetUp, 'credential'> {
  readonly subject: string;
  readonly to: string;
}

function sealCredential(key: SealingKey, { subject, to, credential }: Sealing) {
  const encoder = new TextEncoder();
  const { exportSecret, ...body } = sealTo(key, (enc) => encoder.encode(JSON.stringify(credential({ enc, subject }))), {
    purpose: SEALED_FOR.session,
    context: [subject, to],
  });
  return { payload: encoder.encode(JSON.stringify(body)), secret: sessionSecret(exportSecret) };
}

/** Sealed, it is the vault's own word; in clear, only a refusal is taken. */
function takeReply(
  message: Msg,
  { secret, ...place }: Pick<ReplyPlace, 'subject' | 'reply'> & { readonly secret: KeyObject | null },
): RpcReply | null {
  const session = message.headers?.get(RPC_HEADERS.session) ?? '';
  if (session === '' || secret === null) return refusalInClear(message);
  return openedReply(message, { key: sessionKeys(secret, 'vault').reply, place: { ...place, session, counter: '0' } });
}

/** What a service may say without a session's key: that it did not serve the request. Null for anything else. */
export function refusalInClear(message: Msg): RpcReply | null {
  const reply = replyOf(message.data);
  return reply === null || reply.ok || !reply.error.code.match(IN_CLEAR) ? null : reply;
}

const IN_CLEAR = /^(?:request\.|service\.|auth\.|key\.|journal\.|internal$)/;

/** Null where the message is not the reply to this request. */
export function openedReply(
  { data }: Msg,
  { key, place }: { readonly key: KeyObject; readonly place: ReplyPlace },
): RpcReply | null {
  try {
    return (
      replyOf(openReply(key, place, data)) ?? refused('internal', 'the service gave an answer that cannot be read')
    );
  } catch (error) {
    if (error instanceof DecryptionFailed) return null;
    throw error;
  }
}

function sessionOf({ sessionId, expiresAt, messages }: OpenSessionReply, secret: KeyObject): ClientSession {
  const keys = new Map<string, SessionKeys>();
  let counter = 0;
  const endsMs = Date.parse(expiresAt) - MARGIN_MS;
  return {
    sessionId,
    get usableUntilMs() {
      return counter < messages ? endsMs : 0;
    },
    keysOf: (service) => {
      const of = keys.get(service) ?? sessionKeys(secret, service);
      keys.set(service, of);
      return of;
    },
    next: () => String(++counter),
  };
}
