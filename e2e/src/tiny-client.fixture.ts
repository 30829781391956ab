/**
 * A second client, written from docs/protocol.md alone and sharing no code with ours: it shows that the page suffices.
 */
import * as crypto from 'node:crypto';
import { connect, headers } from '@nats-io/transport-node';
import type { Msg, NatsConnection } from '@nats-io/transport-node';

/** What a client is told: where the bus is, whom to trust (`kv_…`), and its API token (`kt_…`). */
export interface TinyClientOptions {
  readonly url: string;
  readonly vaultKey: string;
  readonly token: string;
}

/** A reply as the vault words it (section 2). */
export type TinyReply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: { code: string; message: string; retryable: boolean } };

/** A decrypted secret, and the event that records that it was. */
export interface TinySecret {
  readonly version: number;
  readonly receipt: { readonly eventId: string; readonly position: number; readonly digest: string };
  readonly value: Buffer;
}

/**
 * Every call throws after five seconds of silence, when nobody serves the subject, and when no session can be opened.
 */
export interface TinyClient {
  readonly principal: string;
  /** Throws also when the vault refuses; the message then begins with the code. */
  decrypt(reference: string): Promise<TinySecret>;
  /** A refusal is a reply. Asks once more, in a new session, when the vault does not know the session any more. */
  request(action: string, body: unknown): Promise<TinyReply>;
  close(): Promise<void>;
}

type SealingKey = Readonly<Record<'keyId' | 'publicKey' | 'notBefore' | 'notAfter' | 'signature', string>>;
type Command = Readonly<Record<'action' | 'body' | 'commandId', string>>;
type Request = Readonly<Record<'subject' | 'reply' | 'body', string>> & {
  readonly headers: Readonly<Record<string, string>>;
};

/** A connection, and what its client was told. */
interface Line extends Omit<TinyClientOptions, 'url'> {
  readonly nats: NatsConnection;
  readonly principal: string;
  readonly conn: string;
}

interface Session {
  readonly id: string;
  readonly requestKey: Buffer;
  readonly replyKey: Buffer;
  counter: number;
}

const patienceMs = 5_000;
const believedInClear = /^((request|service|auth|key|journal)\.|internal$)/;

/** 104 random bits, in letters that the page allows wherever a client may choose a name. */
const randomName = () => crypto.randomBytes(13).toString('hex');
const deadline = () => String(Date.now() + patienceMs);

const join = (...parts: readonly (Uint8Array | string)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));

function hmac(key: Uint8Array | string, ...parts: readonly (Uint8Array | string)[]): Buffer {
  const bytes = join(...parts);
  return crypto.createHmac('sha256', key).update(bytes).digest();
}

const hkdfExpand = (key: Buffer, info: Buffer) => hmac(key, info, '\x01');

const fields = (...texts: readonly string[]) => join(...texts.map(field));

function field(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(text));
  return join(length, text);
}

const publicKeyOf = (crv: 'Ed25519' | 'X25519', x: string) =>
  crypto.createPublicKey({ key: { kty: 'OKP', crv, x }, format: 'jwk' });

/** `suite_id` of the KEM and of HPKE (RFC 9180, 4.1 and 5.1), and its labeled HKDF; no output exceeds one block. */
const kem = 'KEM\x00\x20';
const hpke = 'HPKE\x00\x20\x00\x01\x00\x02';

const labeledExtract = (suite: string, label: string, { salt = '', ikm = '' }: Extraction) =>
  hmac(salt, 'HPKE-v1', suite, label, ikm);

interface Extraction {
  readonly salt?: Buffer | string;
  readonly ikm?: Buffer | string;
}

const labeledExpand = (suite: string, label: string, { prk, info, length = 32 }: Expansion) =>
  hkdfExpand(prk, join(Buffer.of(0, length), 'HPKE-v1', suite, label, info)).subarray(0, length);

interface Expansion {
  readonly prk: Buffer;
  readonly info: Buffer;
  readonly length?: number;
}

/** SetupBaseS (RFC 9180, 5.1.1) for one message. `publicKey` and `enc` are base64url. */
function setUpSender(publicKey: string, info: Buffer) {
  const ephemeral = crypto.generateKeyPairSync('x25519');
  const enc = ephemeral.publicKey.export({ format: 'jwk' }).x as string;
  const { privateKey } = ephemeral;
  const dh = crypto.diffieHellman({ privateKey, publicKey: publicKeyOf('X25519', publicKey) });
  const kemContext = join(Buffer.from(enc, 'base64url'), Buffer.from(publicKey, 'base64url'));
  const shared = labeledExpand(kem, 'shared_secret', {
    prk: labeledExtract(kem, 'eae_prk', { ikm: dh }),
    info: kemContext,
  });
  const pskIdHash = labeledExtract(hpke, 'psk_id_hash', {});
  const context = join('\x00', pskIdHash, labeledExtract(hpke, 'info_hash', { ikm: info }));
  const secret = labeledExtract(hpke, 'secret', { salt: shared });
  const key = labeledExpand(hpke, 'key', { prk: secret, info: context });
  const nonce = labeledExpand(hpke, 'base_nonce', { prk: secret, info: context, length: 12 });
  const exporter = labeledExpand(hpke, 'exp', { prk: secret, info: context });
  const seal = (aad: Buffer, plaintext: string) => {
    const cipher = crypto.createCipheriv('aes-256-gcm', key, nonce).setAAD(aad);
    return join(cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag());
  };
  return {
    enc,
    seal,
    export: (label: string) => labeledExpand(hpke, 'sec', { prk: exporter, info: Buffer.from(label) }),
  };
}

/** Section 6: `null` when the message is not the reply that was sealed for this request. */
function openReply(key: Buffer, place: readonly string[], { data }: Msg): TinyReply | null {
  if (data.length < 28) return null;
  const decipher = crypto.createDecipheriv('aes-256-gcm', key, data.subarray(0, 12), { authTagLength: 16 });
  decipher.setAAD(fields('keytrail/reply/v1', ...place)).setAuthTag(data.subarray(-16));
  try {
    return JSON.parse(join(decipher.update(data.subarray(12, -16)), decipher.final()).toString()) as TinyReply;
  } catch {
    return null;
  }
}

/** A reply in clear, of which `refusals`, where given, says which refusals alone are believed. */
function clearReply(message: Msg, refusals?: RegExp): TinyReply | null {
  try {
    const reply = message.json<TinyReply>();
    if (reply.ok) return refusals ? null : reply;
    return refusals && !refusals.test(reply.error.code) ? null : reply;
  } catch {
    return null;
  }
}

function valueOf(reply: TinyReply): unknown {
  if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
  return reply.value;
}

/** The subjects of a request: where it goes, and where its reply is awaited. */
function route({ principal, conn }: Line, action: string) {
  return { subject: `rpc.vault.${principal}.${conn}.${action}`, reply: `_R.${principal}.${conn}.${randomName()}` };
}

/** Publishes, and waits for the first message that `read` takes for the reply. */
async function exchange({ nats }: Line, request: Request, read: (message: Msg) => TinyReply | null) {
  const { subject, reply, body } = request;
  const named = headers();
  for (const [name, text] of Object.entries(request.headers)) named.set(name, text);
  const awaited = nats.subscribe(reply);
  const timer = setTimeout(() => awaited.unsubscribe(), patienceMs);
  try {
    nats.publish(subject, body, { reply, headers: named });
    for await (const message of awaited) {
      if (message.headers?.code === 503 && message.data.length === 0) throw new Error(`nobody serves ${subject}`);
      const answer = read(message);
      if (answer) return answer;
    }
    throw new Error(`no answer to ${subject} within ${patienceMs} ms`);
  } finally {
    clearTimeout(timer);
    awaited.unsubscribe();
  }
}

/** Section 3: the first key that the vault has signed and that is valid now. */
async function sealingKey(line: Line): Promise<SealingKey> {
  const request = { ...route(line, '_system.key.list'), body: '{}', headers: { 'kt-deadline': deadline() } };
  const { keys } = valueOf(await exchange(line, request, (message) => clearReply(message))) as {
    keys: readonly SealingKey[];
  };
  const vault = publicKeyOf('Ed25519', line.vaultKey.slice('kv_'.length));
  const now = Date.now();
  const key = keys.find(({ keyId, publicKey, notBefore, notAfter, signature }) => {
    const signed = fields('keytrail/sealing-key/v1', keyId, publicKey, notBefore, notAfter);
    const genuine = crypto.verify(null, signed, vault, Buffer.from(signature, 'base64url'));
    return genuine && Date.parse(notBefore) <= now && now < Date.parse(notAfter);
  });
  if (!key) throw new Error('no sealing key is signed by the vault and valid now');
  return key;
}

/** Sections 4 and 5. */
async function openSession(line: Line): Promise<Session> {
  const { keyId, publicKey } = await sealingKey(line);
  const { subject, reply } = route(line, '_system.session.open');
  const sender = setUpSender(publicKey, fields('keytrail/session/v1', keyId));
  const credential = JSON.stringify({ type: 'api_token', token: line.token });
  const ciphertext = sender.seal(fields(subject, reply), credential).toString('base64');
  const secret = sender.export('keytrail/session-secret/v1');
  const requestKey = hkdfExpand(secret, fields('keytrail/request-key/v1', 'vault'));
  const replyKey = hkdfExpand(secret, fields('keytrail/reply-key/v1', 'vault'));
  const body = JSON.stringify({ keyId, enc: sender.enc, ciphertext });
  let id = '';
  const answer = await exchange(line, { subject, reply, body, headers: { 'kt-deadline': deadline() } }, (message) => {
    id = message.headers?.get('kt-session') ?? '';
    return id ? openReply(replyKey, [id, '0', subject, reply], message) : clearReply(message, /./);
  });
  const { sessionId } = valueOf(answer) as { readonly sessionId: string };
  if (sessionId !== id) throw new Error('the reply names another session than the one that it opens');
  return { id, requestKey, replyKey, counter: 0 };
}

/** Section 6. */
async function askWithin(session: Session, line: Line, { action, body, commandId }: Command): Promise<TinyReply> {
  const { id, requestKey, replyKey } = session;
  const { subject, reply } = route(line, action);
  const counter = String((session.counter += 1));
  const place = [id, counter, subject, reply];
  const [requestId, until] = [randomName(), deadline()];
  const signed = fields('keytrail/request/v1', ...place, requestId, until, commandId, '', '', '');
  const sent = {
    'kt-request-id': requestId,
    'kt-deadline': until,
    'kt-command-id': commandId,
    'kt-session': id,
    'kt-counter': counter,
    'kt-mac': hmac(requestKey, signed, body).toString('base64url'),
  };
  return exchange(line, { subject, reply, body, headers: sent }, (message) => {
    const named = message.headers?.get('kt-session');
    if (!named) return clearReply(message, believedInClear);
    return named === id ? openReply(replyKey, place, message) : null;
  });
}

/** Section 1: connects, and asks the bus for the principal. The vault is first spoken to by the first request. */
export async function openTinyClient({ url, vaultKey, token }: TinyClientOptions): Promise<TinyClient> {
  const conn = randomName();
  const shown = crypto.createHash('sha256').update(fields('keytrail/connect/v1', token)).digest('base64url');
  const pass = `ktc_${token.slice(3, 15)}_${shown}`;
  const tls = url.startsWith('tls:') ? {} : undefined; // The scheme alone is a wish, which the server may decline.
  const nats = await connect({ servers: url, tls, user: conn, pass, inboxPrefix: `_INBOX.${conn}` });
  const principal = (await nats.request('$SYS.REQ.USER.INFO')).json<{ data: { user: string } }>().data.user;
  const line: Line = { nats, principal, conn, vaultKey, token };
  let opening: Promise<Session> | null = null;

  const open = () =>
    openSession(line).catch((error: unknown) => {
      opening = null;
      throw error;
    });
  const request: TinyClient['request'] = async (action, body) => {
    const command = { action, body: JSON.stringify(body), commandId: randomName() };
    const opened = (opening ??= open());
    const answer = await askWithin(await opened, line, command);
    if (answer.ok || answer.error.code !== 'auth.session_invalid') return answer;
    if (opening === opened) opening = open();
    return askWithin(await (opening ??= open()), line, command);
  };
  const decrypt: TinyClient['decrypt'] = async (reference) => {
    const answer = await request(`${reference.split('.')[1]}.secret.decrypt`, { reference });
    const { version, receipt, value } = valueOf(answer) as Omit<TinySecret, 'value'> & { readonly value: string };
    return { version, receipt, value: Buffer.from(value, 'base64') };
  };
  return { principal, decrypt, request, close: () => nats.close() };
}
