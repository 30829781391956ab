/** HPKE's key pairs, and the secret that two of them agree on: X25519 (RFC 7748). */
import { diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { CURVE_KEY_LENGTH, privateKeyOf, publicBytesOf, publicKeyOf } from './curve-key.js';

/** An X25519 key pair; the private key never leaves its KeyObject. */
export interface HpkeKeyPair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly privateKey: KeyObject;
}

/** A new key pair. */
export function mintHpkeKeyPair(): HpkeKeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  return { publicKey: publicBytesOf(publicKey), privateKey };
}

/** The key pair of 32 private bytes, which stay the caller's to zero. Throws a TypeError for another length. */
export function hpkeKeyPair(privateBytes: Uint8Array): HpkeKeyPair {
  const privateKey = privateKeyOf('x25519', privateBytes);
  return { publicKey: publicBytesOf(privateKey), privateKey };
}

/**
 * The 32 bytes that both have, the caller's to zero. Null where the other key does not have 32 bytes or is of low
 * order:
 * then anybody would know the secret (RFC 7748, 6.1; RFC 9180, 7.1.4).
 */
export function agree(privateKey: KeyObject, publicBytes: Uint8Array): Buffer | null {
  if (publicBytes.length !== CURVE_KEY_LENGTH) return null;
  const publicKey = publicKeyOf('x25519', publicBytes);
  try {
    return diffieHellman({ privateKey, publicKey });
  } catch {
    return null;
  }
}
