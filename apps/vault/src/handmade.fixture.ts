/** A caller that makes its messages by hand, so that a spec can change whatever it likes on their way. */
import {
  type Credential,
  OpenSessionReply,
  parseReply,
  RPC_HEADERS,
  type RpcReply,
  replyPrefix,
  rpcSubject,
  type RpcAddress,
  type SealingKeys,
  type VaultKey,
} from '@keytrail/contracts';
import {
  isSignedBy,
  type KeyObject,
  openReply,
  requestMac,
  SEALED_FOR,
  sealTo,
  sessionKeys,
  sessionSecret,
} from '@keytrail/crypto';
import { exchangeRaw, type RawMessage } from '@keytrail/nats/drill';
import { type Caller, valueOf } from './caller.fixture.js';

/** What came back: sealed for this very request, or in clear; null where nothing did. */
export type Answer = { readonly sealed: boolean; readonly reply: RpcReply } | null;

/** A request with its MAC, and how its reply opens. */
export interface Signed {
  readonly message: RawMessage;
  readonly counter: string;
}

export interface HandmadeSession {
  readonly sessionId: string;
  readonly secret: KeyObject;
  /** The message that has opened the session. */
  readonly setUp: RawMessage;
  /** The next request, signed as it should be; `as` is whose subject it is sent to. */
  readonly sign: (
    operation: string,
    body: unknown,
    rest?: { readonly workspace?: string; readonly headers?: object; readonly as?: Caller },
  ) => Signed;
  /** Sends a message, by its own caller's connection unless another is given. */
  readonly send: (signed: Signed, by?: Pick<Caller, 'connection'>) => Promise<Answer>;
}

const bytesOf = (body: unknown): Buffer => Buffer.from(JSON.stringify(body));

let replies = 0;
const freshReply = ({ principal, conn }: Caller): string => `${replyPrefix(principal, conn)}handmade.${++replies}`;

function subjectOf({ principal, conn }: Caller, operation: string, workspace: string): string {
  const [aggregate = '', verb = ''] = operation.split('.');
  return rpcSubject({ service: 'vault', principal, conn, workspace, aggregate, verb } as unknown as RpcAddress);
}

/** The sealed set-up of a session, and the secret that comes of it. */
export async function handmadeSetUp(caller: Caller, vaultKey: VaultKey, credential: unknown) {
  const { keys } = valueOf((await caller.ask('key.list', {})) as RpcReply<SealingKeys>);
  const [key] = keys.filter((published) => isSignedBy(vaultKey, published));
  if (key === undefined) throw new Error('the vault has no key to seal to');
  const [subject, reply] = [subjectOf(caller, 'session.open', '_system'), freshReply(caller)];
  const sealedFor = { purpose: SEALED_FOR.session, context: [subject, reply] };
  const { exportSecret, ...sealed } = sealTo(key, bytesOf(credential), sealedFor);
  const message: RawMessage = { subject, reply, headers: {}, body: bytesOf(sealed) };
  return { message, secret: sessionSecret(exportSecret) };
}

/** Sends a set-up; its reply opens under the keys that were agreed on. */
export async function sendSetUp(
  { connection }: Pick<Caller, 'connection'>,
  message: RawMessage,
  secret: KeyObject,
): Promise<Answer> {
  const came = await exchangeRaw(connection, message);
  if (came === null) return null;
  const session = came.headers[RPC_HEADERS.session];
  if (session === undefined) return { sealed: false, reply: replyIn(came.body) };
  const place = { session, counter: '0', subject: message.subject, reply: message.reply };
  return { sealed: true, reply: replyIn(openReply(sessionKeys(secret, 'vault').reply, place, came.body)) };
}

/** Opens a session; throws the refusal. */
export async function handmadeSession(
  caller: Caller,
  vaultKey: VaultKey,
  credential: Credential,
): Promise<HandmadeSession> {
  const { message: setUp, secret } = await handmadeSetUp(caller, vaultKey, credential);
  const answer = await sendSetUp(caller, setUp, secret);
  const { sessionId } = OpenSessionReply.parse(valueOf((answer as NonNullable<Answer>).reply));
  const keys = sessionKeys(secret, 'vault');
  let counter = 0;
  return {
    sessionId,
    secret,
    setUp,
    sign: (operation, body, { workspace = 'acme', headers = {}, as = caller } = {}) => {
      const [subject, reply] = [subjectOf(as, operation, workspace), freshReply(as)];
      const count = String(++counter);
      const said = { session: sessionId, counter: count, deadline: String(Date.now() + 5_000), ...headers };
      const place = {
        requestId: '',
        commandId: '',
        onBehalfOf: '',
        edge: '',
        traceparent: '',
        ...said,
        subject,
        reply,
      };
      const mac = requestMac(keys.request, place, bytesOf(body));
      const named = Object.entries({ ...said, mac }).map(([name, text]) => [
        RPC_HEADERS[name as keyof typeof RPC_HEADERS],
        text,
      ]);
      return { counter: count, message: { subject, reply, headers: Object.fromEntries(named), body: bytesOf(body) } };
    },
    send: async ({ message, counter: count }, { connection } = caller) => {
      const came = await exchangeRaw(connection, message);
      if (came === null) return null;
      if (came.headers[RPC_HEADERS.session] === undefined) return { sealed: false, reply: replyIn(came.body) };
      const place = { session: sessionId, counter: count, subject: message.subject, reply: message.reply };
      return { sealed: true, reply: replyIn(openReply(keys.reply, place, came.body)) };
    },
  };
}

function replyIn(bytes: Uint8Array): RpcReply {
  const reply = parseReply(JSON.parse(Buffer.from(bytes).toString()));
  if (reply === null) throw new Error('what came back is no reply');
  return reply;
}
