/** Forgeries of promise 12 on the way back: the client that people use, asking by way of a man in the middle. */
import { type RpcReply, type SealingKeys, type VaultKey, RPC_HEADERS } from '@keytrail/contracts';
import {
  connectSecretOf,
  mintConn,
  mintHpkeKeyPair,
  randomBytes,
  sealReply,
  sessionKeys,
  signingKey,
  signSealingKey,
  takeKey,
  uuidv7,
  vaultKeyOf,
} from '@keytrail/crypto';
import { connectCaller, rpcClient } from '@keytrail/nats';
import type { RawMessage } from '@keytrail/nats/drill';
import { REFERENCE, WORKSPACE } from './12-cast.js';
import {
  type Attempt,
  type Forgeries,
  type Forgery,
  gotOf,
  type Honest,
  type Outcome,
  type Said,
} from './12-forgery.js';
import type { Meddling } from './12-middleman.js';
import { enter } from './presence.js';
import type { Seeded } from './seeded.js';
import { PATIENCE_MS } from './session-by-hand.js';

/** With nothing but forgeries to hear a client waits for as long as this, and in vain. */
const IN_VAIN_MS = 500;

const bytesOf = (content: unknown): Buffer => Buffer.from(JSON.stringify(content));
const operationOf = ({ subject }: RawMessage): string => subject.split('.').slice(-2).join('.');

/** Asks as a client does, one after the other, in one session; answers what it believed of each. */
async function askThrough(
  { cast, middleman: { url }, victim: { principal, token } }: Attempt,
  requestIds: readonly string[],
  patienceMs = PATIENCE_MS,
): Promise<readonly Honest[]> {
  const conn = mintConn();
  const secret = () => connectSecretOf(token) as string;
  // The vault knows the connection from its own server; the client is led to another one.
  const real = await enter(cast.system, { user: conn, pass: secret() });
  const connection = await connectCaller({ url, name: 'victim', conn, principal, secret });
  try {
    const credential = () => ({ type: 'api_token', token }) as const;
    const identity = { vaultKey: cast.system.vaultKey as VaultKey, credential };
    const client = rpcClient(connection, { principal, conn }, identity);
    const where = { service: 'vault', workspace: WORKSPACE, aggregate: 'secret', verb: 'decrypt' } as const;
    const told: Honest[] = [];
    for (const requestId of requestIds) {
      const deadlineMs = Date.now() + patienceMs;
      const reply = await client.request({ ...where, body: { reference: REFERENCE }, requestId, deadlineMs });
      told.push({ requestId, got: gotOf(reply, cast) });
    }
    return told;
  } finally {
    await connection.close();
    await real.close();
  }
}

/** What it means that a client got this. */
const believed = (
  honest: readonly Honest[],
  isFooled = (got: string): boolean => got === 'another value',
): readonly Said[] => honest.map(({ got }) => ({ said: `the client got: ${got}`, accepted: isFooled(got) }));

/** Whatever the client hears of one operation, the truth included. */
const hearing = (
  operation: string,
  replyOf: (genuine: RawMessage, request: RawMessage, attempt: Attempt) => readonly RawMessage[],
): ((attempt: Attempt) => Meddling) => {
  return (attempt) => ({
    reply: (genuine, request) => (operationOf(request) === operation ? replyOf(genuine, request, attempt) : [genuine]),
  });
};

type Forge = (genuine: RawMessage, request: RawMessage, attempt: Attempt) => RawMessage;

const through = (meddlingOf: (attempt: Attempt) => Meddling, requests = 1): Forgery => {
  return async (attempt): Promise<Outcome> => {
    attempt.middleman.meddle(meddlingOf(attempt));
    const requestIds = Array.from({ length: requests }, (_, n) => `${attempt.name}-${n}`);
    const honest = await askThrough(attempt, requestIds);
    return { forged: believed(honest), honest };
  };
};

/** The forged reply comes, and then the genuine one. */
const first = (operation: string, forge: Forge): Forgery =>
  through(hearing(operation, (genuine, request, attempt) => [forge(genuine, request, attempt), genuine]));

const nothingElse: Forgery = async (attempt) => {
  const { middleman, name } = attempt;
  middleman.meddle(hearing('secret.decrypt', () => [plain({ ok: true, value: forgedValue() })])(attempt));
  const honest = await askThrough(attempt, [name], IN_VAIN_MS);
  const forged = believed(honest, (got) => got !== 'request.deadline_exceeded');
  return { forged, honest: [{ requestId: name, got: 'unheard' }] };
};

const plain = (content: unknown, headers: RawMessage['headers'] = {}): RawMessage => {
  return { subject: '', reply: '', headers, body: bytesOf(content) };
};

const forgedValue = () => ({
  receipt: { eventId: uuidv7(), position: '1', digest: 'a'.repeat(64) },
  version: 1,
  value: Buffer.from('a value of the attacker’s choice').toString('base64'),
});
const refusing = (code: string) => ({ ok: false, error: { code, message: 'no', retryable: false } });

const withBody = (change: (body: Buffer, random: Seeded) => Buffer): Forge => {
  return (genuine, _request, { random }) => ({ ...genuine, body: change(Buffer.from(genuine.body), random) });
};

function flipped(body: Buffer, random: Seeded, [from, to]: readonly [number, number] = [0, body.length]): Buffer {
  const at = from + random.below(to - from);
  body[at] = (body[at] as number) ^ (1 << random.below(8));
  return body;
}

/** Sealed as the vault would, by somebody who does not have the key. */
const sealedByAnother = (content: unknown): Forge => {
  return ({ headers }, { subject, reply, headers: asked }) => {
    const place = { session: headers[RPC_HEADERS.session] ?? '', counter: asked[RPC_HEADERS.counter] ?? '0' };
    const { reply: key } = sessionKeys(takeKey(randomBytes(32)), 'vault');
    const body = sealReply(key, { ...place, subject, reply }, bytesOf(content));
    return { subject: '', reply: '', headers, body };
  };
};

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const FORGED: Readonly<Record<string, Forge>> = {
  'a value in clear': () => plain({ ok: true, value: forgedValue() }),
  'a value in clear, as if sealed': ({ headers }) => plain({ ok: true, value: forgedValue() }, headers),
  'a value, sealed by another': sealedByAnother({ ok: true, value: forgedValue() }),
  'what only the vault may say, in clear': () => plain(refusing('secret.unavailable')),
  'what only the vault may say, sealed by another': sealedByAnother(refusing('secret.unavailable')),
  'no permission, in clear': () => plain(refusing('access.denied')),
  'an empty value, in clear': () => plain({ ok: true, value: null }),
  'what is no reply': () => ({ ...plain(0), body: Buffer.from('\0{') }),
  'a session’s id that is another': (genuine) => ({
    ...genuine,
    headers: { ...genuine.headers, [RPC_HEADERS.session]: uuidv7() },
    body: randomBytes(64),
  }),
  'a bit of the nonce flipped': withBody((body, random) => flipped(body, random, [0, NONCE_BYTES])),
  'a bit of the ciphertext flipped': withBody((body, random) =>
    flipped(body, random, [NONCE_BYTES, body.length - TAG_BYTES]),
  ),
  'a bit of the tag flipped': withBody((body, random) => flipped(body, random, [body.length - TAG_BYTES, body.length])),
  'the last byte missing': withBody((body) => body.subarray(0, -1)),
  'half of it missing': withBody((body) => body.subarray(0, body.length >> 1)),
  'its tag missing': withBody((body) => body.subarray(0, -TAG_BYTES)),
  'all of it missing': withBody(() => Buffer.alloc(0)),
  'a byte too many': withBody((body) => Buffer.concat([body, Buffer.of(0)])),
};

const openedByAttacker = () => ({
  ok: true,
  value: { sessionId: uuidv7(), expiresAt: new Date(Date.now() + 3_600_000).toISOString(), messages: 1_000_000 },
});

/** Session fixation: the client is to go on in a session that is the attacker's. */
const FORGED_OPENINGS: Readonly<Record<string, Forge>> = {
  'a session of the attacker’s, in clear': () => plain(openedByAttacker()),
  'a session of the attacker’s, as if sealed': ({ headers }) => plain(openedByAttacker(), headers),
  'a session of the attacker’s, sealed by another': sealedByAnother(openedByAttacker()),
  'the id of another session': (genuine) => ({
    ...genuine,
    headers: { ...genuine.headers, [RPC_HEADERS.session]: uuidv7() },
  }),
  'a bit flipped': withBody((body, random) => flipped(body, random)),
};

/** The genuine reply to an earlier request of the same session comes before that to this one. */
function replyOfAnother(attempt: Attempt): Meddling {
  let earlier: readonly RawMessage[] = [];
  return hearing('secret.decrypt', (genuine) => {
    const heard = [...earlier, genuine];
    earlier = [genuine];
    return heard;
  })(attempt);
}

/** The vault refuses what was changed; the client opens a new session by itself, and is served. */
function meddlingOnce(random: Seeded): Meddling {
  let isDone = false;
  return {
    request: (message) => {
      if (isDone || operationOf(message) !== 'secret.decrypt') return message;
      isDone = true;
      const body = Buffer.from(message.body);
      return { ...message, body: flipped(body, random) };
    },
  };
}

/** Were the client to take the key, its set-up would be sealed to the attacker, token and all. */
const ownSealingKey: Forgery = async (attempt) => {
  const signing = signingKey(randomBytes(32));
  const pair = mintHpkeKeyPair();
  const publicKey = Buffer.from(pair.publicKey).toString('base64url');
  let setUps = 0;
  attempt.middleman.meddle({
    request: (message) => {
      if (operationOf(message) === 'session.open') setUps++;
      return message;
    },
    reply: (genuine, request) => {
      if (operationOf(request) !== 'key.list') return [genuine];
      const told = JSON.parse(Buffer.from(genuine.body).toString()) as RpcReply<SealingKeys>;
      const [key] = told.ok ? told.value.keys : [];
      if (key === undefined) throw new Error('the vault told of no key');
      const { keyId, notBefore, notAfter } = key;
      const keys = [signSealingKey({ keyId, publicKey, notBefore, notAfter }, signing), { ...key, publicKey }];
      return [plain({ ok: true, value: { signingKey: vaultKeyOf(signing), keys } })];
    },
  });
  const honest = await askThrough(attempt, [attempt.name]);
  return { forged: believed(honest, (got) => setUps > 0 || got !== 'key.unknown'), honest: [] };
};

const entriesOf = (forged: Readonly<Record<string, Forge>>, whose: string, operation: string): Forgeries =>
  Object.fromEntries(
    Object.entries(forged).map(([what, forge]) => [`${whose}, first: ${what}`, first(operation, forge)]),
  );

export const FORGED_REPLIES: Forgeries = {
  'nothing, by a man in the middle': through(() => ({})),
  ...entriesOf(FORGED, 'reply', 'secret.decrypt'),
  ...entriesOf(FORGED_OPENINGS, 'reply to a set-up', 'session.open'),
  'reply, first: that of an earlier request': through(replyOfAnother, 2),
  'reply: nothing but a forged one': nothingElse,
  'request: changed once': through(({ random }) => meddlingOnce(random)),
  'sealing key: the attacker’s own': ownSealingKey,
};
