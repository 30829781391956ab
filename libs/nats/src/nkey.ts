/**
 * nkeys (https://github.com/nats-io/nkeys) signing by OpenSSL: the library of NATS takes a thousand times as long, in
 * plain JavaScript, and every stranger at the door makes the vault sign.
 */
import { signingKey } from '@keytrail/crypto';
import { fromPublic, fromSeed } from '@nats-io/nkeys';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Whoever holds an nkey's seed. */
export interface NkeySigner {
  /** The public key, such as `U…`. */
  readonly nkey: string;
  /** 64 bytes. */
  readonly sign: (message: Uint8Array) => Buffer;
}

/** Throws where the text is not the seed (`S…`) of an Ed25519 nkey. */
export function nkeySigner(seed: string): NkeySigner {
  const nkey = fromSeed(new TextEncoder().encode(seed)).getPublicKey();
  const { sign } = signingKey(keyBytes(seed, 2));
  return { nkey, sign };
}

/** The 32 bytes of a public nkey; throws where the text is none. */
export const nkeyBytes = (nkey: string): Buffer => keyBytes(fromPublic(nkey).getPublicKey(), 1);

/** base32 (RFC 4648) of a prefix, one byte or a seed's two, the key of 32 bytes, and a checksum that fitted. */
function keyBytes(nkey: string, prefixBytes: number): Buffer {
  const bits = [...nkey].map((character) => BASE32.indexOf(character).toString(2).padStart(5, '0')).join('');
  const byteAt = (n: number): number => Number.parseInt(bits.slice(n * 8, n * 8 + 8), 2);
  return Buffer.from(Array.from({ length: 32 }, (_, i) => byteAt(prefixBytes + i)));
}
