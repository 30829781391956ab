/**
 * What a session costs its two sides, in microseconds a step, against the primitive that the step cannot do without.
 */
import {
  hpkeKeyPair,
  type HpkeKeyPair,
  isRequestMac,
  mintHpkeKeyPair,
  mintKey,
  openReply,
  openSealed,
  randomBytes,
  requestMac,
  type RequestPlace,
  SEALED_FOR,
  type SealedFor,
  sealReply,
  sealTo,
  sessionKeys,
  sessionSecret,
} from '@keytrail/crypto';
import { aesGcmOpen, aesGcmSeal, agree, hmacSha256, NONCE_LENGTH } from '@keytrail/crypto/bare';
import { canarySecret } from '@keytrail/testing';
import { alternate, ROUND_MS, ROUNDS, type Step, type Telling } from './step.js';
import { surroundings } from './surroundings.js';

/** No servers: `signal` ends it between two rounds. */
export async function benchSession({ say, signal }: Telling) {
  const around = surroundings();
  const sizes = { requestBytes: BODY.length, replyBytes: REPLY.length, valueBytes: VALUE.length };
  let addsUp = true;
  const measured = [];
  for (const step of [...setUp(), ...requests(), ...replies(), ...sealedValues()]) {
    addsUp &&= step.work() && step.limit();
    measured.push({ step: step.name, ...(await alternate(step, { say, signal })) });
  }
  return { name: 'session', addsUp, steps: measured, ...sizes, rounds: ROUNDS, roundMs: ROUND_MS, ...around };
}

const PLACE: RequestPlace = {
  session: '0190a1b2-0000-7000-8000-000000000001',
  counter: '1000',
  subject: `rpc.vault.${'p'.repeat(26)}.${'c'.repeat(22)}.acme.secret.decrypt`,
  reply: `_R.${'p'.repeat(26)}.${'c'.repeat(22)}.1000`,
  requestId: '0190a1b2-0000-7000-8000-000000000002',
  deadline: '1790000000000',
  commandId: '',
  onBehalfOf: '',
  edge: '',
  traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
};
const BODY = Buffer.from(JSON.stringify({ reference: 'tenant.acme.openai.prod' }));
const VALUE = Buffer.from(canarySecret('openai', 'bench'));
const REPLY = Buffer.from(
  JSON.stringify({
    ok: true,
    value: {
      receipt: { eventId: PLACE.session, position: '1000000', digest: 'd'.repeat(64) },
      sealed: VALUE.toString('base64'),
    },
  }),
);

const KEY_ID = '0190a1b2-0000-7000-8000-000000000003';
const isSame = (bytes: Uint8Array, others: Uint8Array) => Buffer.compare(bytes, others) === 0;

/** The vault, of which a caller knows the public half. */
function vault() {
  const pair = hpkeKeyPair(randomBytes(32));
  return { pair, key: { keyId: KEY_ID, publicKey: Buffer.from(pair.publicKey).toString('base64url') } };
}

/** Without the credential's own check, which is not HPKE's. */
function setUp(): readonly Step[] {
  const { pair, key } = vault();
  const sealedFor: SealedFor = { purpose: SEALED_FOR.session, context: [PLACE.subject, PLACE.reply] };
  const credential = Buffer.from(JSON.stringify({ type: 'api_token', token: 't'.repeat(65) }));
  const sealed = sealTo(key, credential, sealedFor);
  const secret = sessionSecret(sealed.exportSecret);
  return [
    {
      name: 'session set-up, caller',
      work: () => sessionSecret(sealTo(key, credential, sealedFor).exportSecret).symmetricKeySize === 32,
      ...bareAgreement(pair).seal,
    },
    {
      name: 'session set-up, vault',
      work: () => sessionSecret(openSealed(pair, sealed, sealedFor).exportSecret).equals(secret),
      ...bareAgreement(pair).open,
    },
  ];
}

function requests(): readonly Step[] {
  const key = sessionKeys(mintKey(), 'vault').request;
  const mac = requestMac(key, PLACE, BODY);
  const asMany = Buffer.alloc(Object.values(PLACE).join('').length + BODY.length);
  const bare = { limitName: 'HMAC-SHA-256', limit: () => hmacSha256(key, asMany).length === 32 };
  return [
    { name: 'request MAC, made', work: () => requestMac(key, PLACE, BODY) === mac, ...bare },
    { name: 'request MAC, verified', work: () => isRequestMac(key, { mac, place: PLACE, body: BODY }), ...bare },
  ];
}

function replies(): readonly Step[] {
  const key = sessionKeys(mintKey(), 'vault').reply;
  const sealed = sealReply(key, PLACE, REPLY);
  return [
    {
      name: 'reply, sealed',
      work: () => sealReply(key, PLACE, REPLY).length === sealed.length,
      ...bareAes(REPLY).seal,
    },
    { name: 'reply, opened', work: () => isSame(openReply(key, PLACE, sealed), REPLY), ...bareAes(REPLY).open },
  ];
}

function sealedValues(): readonly Step[] {
  const { pair, key } = vault();
  const sealedFor: SealedFor = { purpose: SEALED_FOR.value, context: ['tenant.acme.openai.prod'] };
  const sealed = sealTo(key, VALUE, sealedFor);
  return [
    {
      name: 'value, sealed',
      work: () => sealTo(key, VALUE, sealedFor).ciphertext.length === sealed.ciphertext.length,
      ...bareAgreement(pair).seal,
    },
    {
      name: 'value, opened',
      work: () => isSame(openSealed(pair, sealed, sealedFor).plaintext.bytes, VALUE),
      ...bareAgreement(pair).open,
    },
  ];
}

/** Whoever seals makes a key pair first. */
function bareAgreement({ privateKey, publicKey }: HpkeKeyPair) {
  const sender = mintHpkeKeyPair();
  return {
    seal: {
      limitName: 'X25519 key pair and agreement',
      limit: () => agree(mintHpkeKeyPair().privateKey, publicKey) !== null,
    },
    open: { limitName: 'X25519 agreement', limit: () => agree(privateKey, sender.publicKey) !== null },
  };
}

function bareAes(plaintext: Buffer) {
  const parameters = { key: mintKey(), nonce: randomBytes(NONCE_LENGTH), associatedData: Buffer.alloc(0) };
  const sealed = aesGcmSeal(parameters, plaintext);
  const limitName = 'AES-256-GCM';
  return {
    seal: { limitName, limit: () => aesGcmSeal(parameters, plaintext).length === sealed.length },
    open: { limitName, limit: () => isSame(aesGcmOpen(parameters, sealed), plaintext) },
  };
}
