/**
 * Hybrid public key encryption (RFC 9180), base mode: whoever has the public key seals, and who has the private opens.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { aesGcmOpen, aesGcmSeal, NONCE_LENGTH, type AesGcmParameters } from './aes-gcm.js';
import { DecryptionFailed } from './decryption-failed.js';
import { agree, mintHpkeKeyPair, type HpkeKeyPair } from './hpke-key.js';
import { i2osp, labeledExpand, labeledExtract } from './hpke-kdf.js';
import { takeKey } from './key.js';

const KEM_ID = 0x0020;
const KDF_ID = 0x0001;
const MODE_BASE = 0;
const SECRET_BYTES = 32;
const KEM_SUITE = Buffer.concat([Buffer.from('KEM'), i2osp(KEM_ID)]);
const NONE = Buffer.alloc(0);

/** DHKEM(X25519, HKDF-SHA256) and HKDF-SHA256 are fixed; the AEAD is what the RFC's vectors for them differ in. */
export interface HpkeAead {
  readonly id: number;
  readonly keyBytes: number;
  seal(parameters: AesGcmParameters, plaintext: Uint8Array): Buffer;
  /** Throws {@link DecryptionFailed}. */
  open(parameters: AesGcmParameters, ciphertext: Uint8Array): Buffer;
}

/** RFC 9180, section 7.3: ours. */
const AES_256_GCM: HpkeAead = { id: 0x0002, keyBytes: 32, seal: aesGcmSeal, open: aesGcmOpen };

/** What a message is bound to: both sides must say the same. `aead` is for published vectors. */
export interface HpkeBinding {
  readonly info: Uint8Array;
  readonly associatedData: Uint8Array;
  readonly aead?: HpkeAead;
}

/** `enc` is the sender's ephemeral public key, 32 bytes; the ciphertext is 16 bytes longer than the plaintext. */
export interface HpkeMessage {
  readonly enc: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** 32 bytes that both sides of a message have, and nobody else, for each context: RFC 9180, 5.3. */
export type HpkeExport = (exporterContext: string) => Buffer;

/** What key schedule leaves for the one message of ours: RFC 9180, 5.1. */
interface Context {
  readonly key: KeyObject;
  readonly nonce: Buffer;
  readonly exportSecret: HpkeExport;
}

/**
 * Seals one message to a public key of 32 bytes. Throws a TypeError for a key that no secret can be agreed with. An
 * `ephemeral` key pair must be new: used for two messages, it would break both.
 */
export function hpkeSeal(
  recipient: Uint8Array,
  plaintext: Uint8Array,
  {
    info,
    associatedData,
    aead = AES_256_GCM,
    ephemeral = mintHpkeKeyPair(),
  }: HpkeBinding & { readonly ephemeral?: HpkeKeyPair },
): HpkeMessage & { readonly exportSecret: HpkeExport } {
  const { publicKey: enc, privateKey } = ephemeral;
  const dh = agree(privateKey, recipient);
  if (dh === null) throw new TypeError('this public key is not one to seal to');
  const { key, nonce, exportSecret } = keySchedule(sharedSecret(dh, enc, recipient), info, aead);
  return { enc, ciphertext: aead.seal({ key, nonce, associatedData }, plaintext), exportSecret };
}

/**
 * Opens what {@link hpkeSeal} made for this key with the same binding, into a buffer that is the caller's to zero;
 * throws
 * {@link DecryptionFailed} for anything wrong.
 */
export function hpkeOpen(
  { publicKey, privateKey }: HpkeKeyPair,
  { enc, ciphertext }: HpkeMessage,
  { info, associatedData, aead = AES_256_GCM }: HpkeBinding,
): { readonly plaintext: Buffer; readonly exportSecret: HpkeExport } {
  const dh = agree(privateKey, enc);
  if (dh === null) throw new DecryptionFailed();
  const { key, nonce, exportSecret } = keySchedule(sharedSecret(dh, enc, publicKey), info, aead);
  return { plaintext: aead.open({ key, nonce, associatedData }, ciphertext), exportSecret };
}

/** ExtractAndExpand of DHKEM, with both public keys as its context: section 4.1. Zeroes `dh`. */
function sharedSecret(dh: Buffer, enc: Uint8Array, recipient: Uint8Array): KeyObject {
  const prk = takeKey(labeledExtract(KEM_SUITE, { label: 'eae_prk', ikm: dh }));
  dh.fill(0);
  const info = Buffer.concat([enc, recipient]);
  return takeKey(labeledExpand(KEM_SUITE, { prk, label: 'shared_secret', info, length: SECRET_BYTES }));
}

/** KeySchedule with neither a pre-shared key nor its id: section 5.1. */
function keySchedule(secret: KeyObject, info: Uint8Array, { id, keyBytes }: HpkeAead): Context {
  const suite = Buffer.concat([Buffer.from('HPKE'), i2osp(KEM_ID), i2osp(KDF_ID), i2osp(id)]);
  const schedule = Buffer.concat([
    Buffer.of(MODE_BASE),
    labeledExtract(suite, { label: 'psk_id_hash', ikm: NONE }),
    labeledExtract(suite, { label: 'info_hash', ikm: info }),
  ]);
  const prk = takeKey(labeledExtract(suite, { salt: secret, label: 'secret', ikm: NONE }));
  const expand = (label: string, length: number) => labeledExpand(suite, { prk, label, info: schedule, length });
  const keyMaterial = expand('key', keyBytes);
  const key = createSecretKey(keyMaterial);
  keyMaterial.fill(0);
  return {
    key,
    nonce: expand('base_nonce', NONCE_LENGTH),
    exportSecret: exporter(suite, takeKey(expand('exp', SECRET_BYTES))),
  };
}

const exporter =
  (suite: Buffer, prk: KeyObject): HpkeExport =>
  (exporterContext) =>
    labeledExpand(suite, { prk, label: 'sec', info: Buffer.from(exporterContext), length: SECRET_BYTES });
