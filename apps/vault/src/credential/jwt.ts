/** JSON Web Tokens (RFC 7519) of the issuers that we believe: whom they speak of, and until when. */
import { LIMITS, type OutsideName } from '@keytrail/contracts';
import { decodeJwt, errors, jwtVerify } from 'jose';
import { z } from 'zod';
import { IssuerKeys, IssuerUnavailable } from './issuer-keys.js';
import type { Issuer } from './issuers.js';

/** `expiresAtMs` in epoch milliseconds: from then on the token is not taken any more. */
export type JwtVerification =
  | { readonly ok: true; readonly name: OutsideName; readonly expiresAtMs: number }
  | { readonly ok: false; readonly reason: 'credential.malformed' | 'jwt.issuer_unknown' | 'jwt.invalid' };

/** The last second of the year 9999: what lies behind is no date that anybody could write. */
const LAST_SECOND = 253_402_300_799;
const NumericDate = z.number().min(0).max(LAST_SECOND);

/** A token that is made out to others too is refused: each of them could show it here. */
const Claims = z.object({
  sub: z
    .string()
    .min(1)
    .max(300)
    .regex(/^[^\p{Cc}\p{Cs}]+$/u),
  aud: z.union([z.string(), z.array(z.string()).length(1)]),
  exp: NumericDate,
  iat: NumericDate.optional(),
});
type Claims = z.infer<typeof Claims>;

interface Believed {
  readonly issuer: Issuer;
  readonly keys: IssuerKeys;
}

export class JwtVerifier {
  private readonly believed: ReadonlyMap<unknown, Believed>;

  constructor(issuers: readonly Issuer[]) {
    this.believed = new Map(issuers.map((issuer) => [issuer.issuer, { issuer, keys: new IssuerKeys(issuer) }]));
  }

  /** `nowMs` in epoch milliseconds. Throws {@link IssuerUnavailable} where the issuer's keys cannot be had. */
  async verify(token: string, nowMs: number): Promise<JwtVerification> {
    const unverified = unverifiedClaims(token);
    if (unverified === null) return { ok: false, reason: 'credential.malformed' };
    const believed = this.believed.get(unverified.iss);
    if (believed === undefined) return { ok: false, reason: 'jwt.issuer_unknown' };
    const claims = await verifiedClaims(token, believed, nowMs);
    if (claims === null) return { ok: false, reason: 'jwt.invalid' };
    const { issuer } = believed;
    return { ok: true, name: { issuer: issuer.issuer, subject: claims.sub }, expiresAtMs: endOf(claims, issuer) };
  }
}

/** Good for finding the issuer by whose keys the token is then verified, and for nothing else. */
function unverifiedClaims(token: string): { readonly iss?: unknown } | null {
  if (token.length > LIMITS.jwtCharacters) return null;
  try {
    return decodeJwt(token);
  } catch (error) {
    if (error instanceof errors.JOSEError) return null;
    throw error;
  }
}

async function verifiedClaims(token: string, { issuer, keys }: Believed, nowMs: number): Promise<Claims | null> {
  try {
    const { payload } = await jwtVerify(token, (header) => keys.keyOf(header, nowMs), {
      issuer: issuer.issuer,
      audience: issuer.audience,
      algorithms: issuer.algorithms,
      clockTolerance: issuer.clockToleranceSeconds,
      maxTokenAge: issuer.maxAgeSeconds,
      currentDate: new Date(nowMs),
    });
    const claims = Claims.safeParse(payload).data ?? null;
    const latestIat = nowMs / 1000 + issuer.clockToleranceSeconds;
    return claims !== null && (claims.iat ?? 0) <= latestIat ? claims : null;
  } catch (error) {
    if (error instanceof IssuerUnavailable) throw error;
    // Whatever else is thrown, be it by Web Crypto over a key that it cannot use: this token is not verified.
    return null;
  }
}

function endOf({ exp, iat = exp }: Claims, { clockToleranceSeconds, maxAgeSeconds = Infinity }: Issuer): number {
  return Math.floor((Math.min(exp, iat + maxAgeSeconds) + clockToleranceSeconds) * 1000);
}
