/** Ed25519 (RFC 8032) from 32 bytes: the vault's signing key, and nkeys, which are the same in another dress. */
import { sign as signWith, verify } from 'node:crypto';
import { CURVE_KEY_LENGTH, privateKeyOf, publicBytesOf, publicKeyOf } from './curve-key.js';

const SIGNATURE_LENGTH = 64;

export interface SigningKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes. */
  readonly sign: (message: Uint8Array) => Buffer;
}

/** The signing key of 32 secret bytes, which stay the caller's to zero. Throws a TypeError for another length. */
export function signingKey(seed: Uint8Array): SigningKey {
  const privateKey = privateKeyOf('ed25519', seed);
  return { publicKey: publicBytesOf(privateKey), sign: (message) => signWith(null, message, privateKey) };
}

/** Whether `signature` is this key's over this very message; false too where either is not of its form. */
export function verifySignature(
  publicKey: Uint8Array,
  { message, signature }: { readonly message: Uint8Array; readonly signature: Uint8Array },
): boolean {
  if (publicKey.length !== CURVE_KEY_LENGTH || signature.length !== SIGNATURE_LENGTH) return false;
  return verify(null, message, publicKeyOf('ed25519', publicKey), signature);
}
