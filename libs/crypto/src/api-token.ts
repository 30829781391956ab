/** API tokens: `kt_<tokenId>_<32 random bytes in base62><CRC-32 of all before in base62>`; only a SHA-256 is stored. */
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { associatedData } from './associated-data.js';
import { sha256, sha256Hex } from './digest.js';
import { randomName } from './mint.js';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const TOKEN = /^kt_(?<tokenId>[a-z0-9]{12})_[A-Za-z0-9]{43}[A-Za-z0-9]{6}$/;
const CONNECT = 'keytrail/connect/v1';
const CONNECT_SECRET = /^ktc_(?<tokenId>[a-z0-9]{12})_[A-Za-z0-9_-]{43}$/;

/** What a service keeps of a token: its public id, and the SHA-256 of the whole token in lower-case hexadecimal. */
export interface ApiTokenDigest {
  readonly tokenId: string;
  readonly sha256Hex: string;
}

/**
 * What is shown to nats-server in a token's place: `ktc_<tokenId>_<SHA-256 of label and token, base64url>`. Whoever
 * reads
 * it there can connect, and open no session. Null where the text is not a token.
 */
export function connectSecretOf(token: string): string | null {
  const parsed = parseApiToken(token);
  if (parsed === null) return null;
  // Not an HMAC under the token, which is longer than a block: HMAC would begin with its SHA-256, and that is stored.
  return `ktc_${parsed.tokenId}_${sha256(associatedData([CONNECT, token])).toString('base64url')}`;
}

/** Id and digest of a connect secret, else null. */
export function parseConnectSecret(text: string): ApiTokenDigest | null {
  const tokenId = CONNECT_SECRET.exec(text)?.groups?.['tokenId'];
  return tokenId === undefined ? null : { tokenId, sha256Hex: digest(text) };
}

/** A new token, 65 characters, with what to store of it. `token` is shown to its owner once and never kept. */
export function mintApiToken(): ApiTokenDigest & { readonly token: string } {
  const tokenId = randomName(12);
  const body = `kt_${tokenId}_${base62(BigInt(`0x${randomBytes(32).toString('hex')}`), 43)}`;
  const token = body + checksum(body);
  return { token, tokenId, sha256Hex: digest(token) };
}

/** Id and digest of a text in the form of a token, else null: a mistyped token never reaches a database. */
export function parseApiToken(text: string): ApiTokenDigest | null {
  const tokenId = TOKEN.exec(text)?.groups?.['tokenId'];
  if (tokenId === undefined || checksum(text.slice(0, -6)) !== text.slice(-6)) return null;
  return { tokenId, sha256Hex: digest(text) };
}

function checksum(body: string): string {
  return base62(BigInt(crc32(body)), 6);
}

function base62(value: bigint, width: number): string {
  let digits = '';
  for (let rest = value; rest > 0n; rest /= 62n) digits = BASE62.charAt(Number(rest % 62n)) + digits;
  return digits.padStart(width, '0');
}

function digest(token: string): string {
  return sha256Hex(Buffer.from(token, 'latin1'));
}
