/** API tokens, and the connect secrets made of them: found by their id, known by their digest. */
import type { TokenId } from '@keytrail/contracts';
import { type ApiTokenDigest, parseApiToken, parseConnectSecret, timingSafeEqualBytes } from '@keytrail/crypto';
import type { KnownToken } from '../principal/principal.store.js';
import type { Identification, Principals } from './identification.js';

type Door = keyof Pick<KnownToken, 'sha256Hex' | 'connectSha256Hex'>;

/** Of a `kt_…` token. */
export function identifyByToken(token: string, principals: Principals): Promise<Identification> {
  return identify(parseApiToken(token), 'sha256Hex', principals);
}

/** Of a `ktc_…` secret; the token itself is refused as malformed, so that nobody gets into the habit of sending it. */
export function identifyByConnectSecret(secret: string, principals: Principals): Promise<Identification> {
  return identify(parseConnectSecret(secret), 'connectSha256Hex', principals);
}

/** A token that nobody has is compared as well, and answered like a wrong one. */
async function identify(shown: ApiTokenDigest | null, door: Door, principals: Principals): Promise<Identification> {
  if (shown === null) return { ok: false, reason: 'credential.malformed' };
  const tokenId = shown.tokenId as TokenId;
  const known = await principals.byToken(tokenId);
  const isIt = timingSafeEqualBytes(bytesOf(shown.sha256Hex), bytesOf(known?.[door] ?? NOBODYS));
  if (known === null) return { ok: false, reason: 'token.unknown' };
  if (!isIt) return { ok: false, reason: 'token.unknown', tokenId };
  return { ok: true, principal: known.principal, type: 'api_token', tokenId, expiresAtMs: null };
}

const NOBODYS = '0'.repeat(64);

const bytesOf = (hex: string): Buffer => Buffer.from(hex, 'hex');
