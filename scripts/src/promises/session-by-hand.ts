/** A session whose messages are made one by one, so that each can be changed, kept or sent elsewhere on its way. */
import {
  parseReply,
  replyPrefix,
  RPC_HEADERS,
  type RpcReply,
  type SealingKeys,
  SYSTEM_WORKSPACE,
  type VaultKey,
} from '@keytrail/contracts';
import {
  DecryptionFailed,
  isSignedBy,
  type KeyObject,
  mintConn,
  openReply,
  requestMac,
  SEALED_FOR,
  sealTo,
  sessionKeys,
  sessionSecret,
} from '@keytrail/crypto';
import type { Attacker, Echo, RawMessage } from '@keytrail/nats/drill';

/** In whose name, and from which connection, messages are said to come. */
export interface Sender {
  readonly principal: string;
  readonly conn: string;
}

/** What is asked: `<aggregate>.<verb>` of the vault. Headers by their names in `RPC_HEADERS`. */
export interface Ask {
  readonly operation: string;
  readonly workspace: string;
  readonly body: unknown;
  readonly headers?: Readonly<Partial<Record<keyof typeof RPC_HEADERS, string>>>;
  /** In place of the session's own, the MAC included in what it is computed over. */
  readonly as?: Sender;
  readonly reply?: string;
}

/** A request with its MAC. */
export interface Signed {
  readonly message: RawMessage;
  readonly counter: string;
}

export interface SessionByHand extends Sender {
  readonly sessionId: string;
  /** The message that has opened it. */
  readonly setUp: RawMessage;
  /** The next request, as it should be. */
  sign(ask: Ask): Signed;
  /** What came back says, if it is sealed for this very request; `null` where it is not. */
  open(echo: Echo, signed: Signed): RpcReply | null;
}

/** Whose session it is to be: whom the vault is known by, and what is shown to it. */
export interface SetUpByHand extends Sender {
  readonly vaultKey: string;
  /** Given the set-up's `enc` and subject. */
  readonly credential: (setUp: { readonly enc: string; readonly subject: string }) => unknown;
  readonly requestId?: string;
}

/** How long a drill waits for an answer that it expects, and for one that should not come. */
export const PATIENCE_MS = 5_000;
export const IMPATIENCE_MS = 250;

const bytesOf = (content: unknown): Buffer => Buffer.from(JSON.stringify(content));

/** A subject of the vault. */
export function subjectOf({ principal, conn }: Sender, operation: string, workspace: string): string {
  return `rpc.vault.${principal}.${conn}.${workspace}.${operation}`;
}

/** A reply subject of a sender that nobody has used before. */
export const freshReply = ({ principal, conn }: Sender): string => `${replyPrefix(principal, conn)}drill.${mintConn()}`;

/** The code of a refusal in clear, `ok` for whatever else is a reply in clear; else what came in its place. */
export function saidInClear(echo: Echo): string {
  if (typeof echo === 'string') return echo;
  const reply = replyIn(echo.body);
  if (reply === null) return 'unreadable';
  return reply.ok ? 'ok' : reply.error.code;
}

function replyIn(bytes: Uint8Array): RpcReply | null {
  try {
    return parseReply(JSON.parse(Buffer.from(bytes).toString()));
  } catch {
    return null;
  }
}

/** A set-up that is ready to be sent, and what comes of it. */
export async function setUpByHand(attacker: Attacker, { vaultKey, credential, requestId, ...sender }: SetUpByHand) {
  const deadline = { [RPC_HEADERS.deadline]: String(Date.now() + PATIENCE_MS) };
  const keysAt = subjectOf(sender, 'key.list', SYSTEM_WORKSPACE);
  const asking = { subject: keysAt, reply: freshReply(sender), headers: deadline, body: bytesOf({}) };
  const echo = await attacker.ask(asking, PATIENCE_MS);
  const told = typeof echo === 'string' ? null : (replyIn(echo.body) as RpcReply<SealingKeys> | null);
  const key = told?.ok ? told.value.keys.find((each) => isSignedBy(vaultKey as VaultKey, each)) : undefined;
  if (key === undefined) throw new Error(`the vault has no key to seal to: ${saidInClear(echo)}`);
  const [subject, reply] = [subjectOf(sender, 'session.open', SYSTEM_WORKSPACE), freshReply(sender)];
  const sealedFor = { purpose: SEALED_FOR.session, context: [subject, reply] };
  const { exportSecret, ...sealed } = sealTo(key, (enc) => bytesOf(credential({ enc, subject })), sealedFor);
  const headers = { ...deadline, ...(requestId !== undefined && { [RPC_HEADERS.requestId]: requestId }) };
  const message: RawMessage = { subject, reply, headers, body: bytesOf(sealed) };
  return { message, secret: sessionSecret(exportSecret) };
}

/** The session that a set-up has opened, or what was said to it. */
export async function sendSetUp(
  attacker: Attacker,
  { message, secret }: { readonly message: RawMessage; readonly secret: KeyObject },
  sender: Sender,
): Promise<SessionByHand | string> {
  const echo = await attacker.ask(message, PATIENCE_MS);
  const session = typeof echo === 'string' ? '' : (echo.headers[RPC_HEADERS.session] ?? '');
  const { reply: key } = sessionKeys(secret, 'vault');
  const place = { session, counter: '0', subject: message.subject, reply: message.reply };
  const opened = openedOrNull(echo, key, place);
  if (opened === null) return saidInClear(echo);
  return opened.ok ? sessionOf(sender, { session, secret, setUp: message }) : opened.error.code;
}

/** Opens a session; throws where the vault refuses. */
export async function openByHand(attacker: Attacker, setUp: SetUpByHand): Promise<SessionByHand> {
  const { principal, conn } = setUp;
  const session = await sendSetUp(attacker, await setUpByHand(attacker, setUp), { principal, conn });
  if (typeof session === 'string') throw new Error(`a session was refused: ${session}`);
  return session;
}

interface Opened {
  readonly session: string;
  readonly secret: KeyObject;
  readonly setUp: RawMessage;
}

function sessionOf(sender: Sender, { session, secret, setUp }: Opened): SessionByHand {
  const keys = sessionKeys(secret, 'vault');
  let counter = 0;
  return {
    ...sender,
    sessionId: session,
    setUp,
    sign: ({ operation, workspace, body, headers = {}, as = sender, reply = freshReply(as) }) => {
      const subject = subjectOf(as, operation, workspace);
      const said = { session, counter: String(++counter), deadline: String(Date.now() + PATIENCE_MS), ...headers };
      const absent = { requestId: '', commandId: '', onBehalfOf: '', edge: '', traceparent: '' };
      const mac = requestMac(keys.request, { ...absent, ...said, subject, reply }, bytesOf(body));
      const named = Object.entries({ ...said, mac }).map(([name, text]) => {
        return [RPC_HEADERS[name as keyof typeof RPC_HEADERS], text] as const;
      });
      const message = { subject, reply, headers: Object.fromEntries(named), body: bytesOf(body) };
      return { counter: said.counter, message };
    },
    open: (echo, { message: { subject, reply }, counter: of }) =>
      openedOrNull(echo, keys.reply, { session, counter: of, subject, reply }),
  };
}

type Place = Parameters<typeof openReply>[1];

function openedOrNull(echo: Echo, key: KeyObject, place: Place): RpcReply | null {
  if (typeof echo === 'string') return null;
  try {
    return replyIn(openReply(key, place, echo.body));
  } catch (error) {
    if (error instanceof DecryptionFailed) return null;
    throw error;
  }
}
