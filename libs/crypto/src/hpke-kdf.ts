/** HKDF-SHA-256 as HPKE uses it: each step is told the suite and what its result is for (RFC 9180, section 4). */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { hmacSha256 } from './digest.js';

const VERSION = 'HPKE-v1';
const NO_SALT = createSecretKey(Buffer.alloc(0));

/** What 32 bytes are extracted from; no salt where none is given. */
export interface Extraction {
  readonly salt?: KeyObject;
  readonly label: string;
  readonly ikm: Uint8Array;
}

/** LabeledExtract: 32 bytes. */
export function labeledExtract(suite: Uint8Array, { salt = NO_SALT, label, ikm }: Extraction): Buffer {
  return hmacSha256(salt, VERSION, suite, label, ikm);
}

/** What `length` bytes are expanded from, 32 at most. */
export interface Expansion {
  readonly prk: KeyObject;
  readonly label: string;
  readonly info: Uint8Array;
  readonly length: number;
}

/** LabeledExpand, of which this suite never needs more than the first block. Throws a RangeError for more. */
export function labeledExpand(suite: Uint8Array, { prk, label, info, length }: Expansion): Buffer {
  if (length > 32) throw new RangeError('one block is 32 bytes');
  return hmacSha256(prk, i2osp(length), VERSION, suite, label, info, '\x01').subarray(0, length);
}

/** A number in two bytes, big-endian: I2OSP(value, 2) of RFC 8017. */
export function i2osp(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff);
}
