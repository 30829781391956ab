/** Who does this credential stand for, now? Asked at each door; answered for every kind of credential alike. */
import type { Credential } from '@keytrail/contracts';
import { unreachable } from '@keytrail/contracts';
import { powersOf } from '@keytrail/access';
import { identifyByConnectSecret, identifyByToken } from './api-token.js';
import type { Identification, Principals, Verification } from './identification.js';
import type { JwtVerifier } from './jwt.js';
import { identifyByNkey, type SetUpContext } from './nkey.js';

/** `nowMs` in epoch milliseconds. */
export interface CredentialContext extends SetUpContext {
  readonly nowMs: number;
}

/**
 * Both questions end in a reason that the audit may know and the caller may not. They throw `IssuerUnavailable` and the
 * journal's faults where it cannot be told at the moment: that is no failed authentication.
 */
export class CredentialVerifier {
  constructor(
    private readonly principals: Principals,
    private readonly jwts: JwtVerifier,
  ) {}

  /** Of a credential that came sealed to the vault. */
  async verify(credential: Credential, context: CredentialContext): Promise<Verification> {
    return this.admit(await this.identify(credential, context), context.nowMs);
  }

  /** Of what was shown to nats-server in order to connect: `ktc_…`, or a JWT. */
  async verifyConnectSecret(secret: string, nowMs: number): Promise<Verification> {
    const identified = secret.includes('.')
      ? await this.identifyByJwt(secret, nowMs)
      : await identifyByConnectSecret(secret, this.principals);
    return this.admit(identified, nowMs);
  }

  private async identify(credential: Credential, context: CredentialContext): Promise<Identification> {
    switch (credential.type) {
      case 'api_token':
        return identifyByToken(credential.token, this.principals);
      case 'jwt':
        return this.identifyByJwt(credential.token, context.nowMs);
      case 'nkey':
        return identifyByNkey(credential, context, this.principals);
      default:
        return unreachable(credential);
    }
  }

  private async identifyByJwt(token: string, nowMs: number): Promise<Identification> {
    const verified = await this.jwts.verify(token, nowMs);
    if (!verified.ok) return verified;
    const principal = await this.principals.byOutsideName(verified.name);
    if (principal === null) return { ok: false, reason: 'jwt.subject_unknown' };
    return { ok: true, principal, type: 'jwt', expiresAtMs: verified.expiresAtMs };
  }

  /** Whoever is known may still have been suspended, or their token revoked. */
  private async admit(identified: Identification, nowMs: number): Promise<Verification> {
    if (!identified.ok) return identified;
    const { ok: _, ...credential } = identified;
    const { principal, tokenId } = credential;
    const facts = await this.principals.of(principal);
    if (facts === null) throw new Error('a principal that can be looked up was never registered');
    const now = powersOf(facts.state, { tokenId }, nowMs);
    if (!now.ok) return { ok: false, reason: now.reason, ...(tokenId !== undefined && { tokenId }) };
    if (tokenId !== undefined) this.principals.used(tokenId);
    const { scopes } = now.powers;
    const expiresAtMs = now.validUntil === null ? credential.expiresAtMs : Date.parse(now.validUntil);
    return { ok: true, verified: { ...credential, expiresAtMs, ...(scopes !== undefined && { scopes }) } };
  }
}
