/** Keys of X25519 and Ed25519 as their 32 bytes, which Node takes in the DER encodings of RFC 8410 only. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

export const CURVE_KEY_LENGTH = 32;

/** The fixed beginnings of the encodings, before the 32 bytes; the curves' object identifiers differ in one byte. */
const BEGINNINGS = {
  x25519: beginningsFor('2b656e'),
  ed25519: beginningsFor('2b6570'),
} as const;

export type Curve = keyof typeof BEGINNINGS;

/** The private key of 32 bytes, which stay the caller's to zero. Throws a TypeError for another length. */
export function privateKeyOf(curve: Curve, bytes: Uint8Array): KeyObject {
  const key = encoded(BEGINNINGS[curve].pkcs8, bytes);
  try {
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  } finally {
    key.fill(0);
  }
}

/** The public key of 32 bytes. Throws a TypeError for another length. */
export function publicKeyOf(curve: Curve, bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: encoded(BEGINNINGS[curve].spki, bytes), format: 'der', type: 'spki' });
}

/** The 32 bytes of the public half, of a public or a private key. */
export function publicBytesOf(key: KeyObject): Buffer {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  // As JWK, for Node takes ten times as long to give the DER encoding.
  return Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
}

/** Node reads no further than a key's 32 bytes, so that a longer text would be one more name of the same key. */
function encoded(beginning: Buffer, bytes: Uint8Array): Buffer {
  if (bytes.length !== CURVE_KEY_LENGTH) throw new TypeError(`a key of this curve has ${CURVE_KEY_LENGTH} bytes`);
  return Buffer.concat([beginning, bytes]);
}

function beginningsFor(identifier: string): { readonly pkcs8: Buffer; readonly spki: Buffer } {
  return {
    pkcs8: Buffer.from(`302e02010030050603${identifier}04220420`, 'hex'),
    spki: Buffer.from(`302a30050603${identifier}032100`, 'hex'),
  };
}
