/** Who has shown this credential, and what they may now: what every door asks before it opens. */
import type { AuthenticationFailure, Credential, Powers, TokenId } from '@keytrail/contracts';
import type { CredentialContext, CredentialVerifier } from '../credential/credential.verifier.js';
import type { Verification, Verified } from '../credential/identification.js';
import type { Directory, PrincipalFacts } from '../principal/directory.js';
import { standingOf } from './standing.js';

/** `powers` follow from `facts` alone, so that a decision on them can be checked against `facts.readAt`. */
export interface Recognized {
  readonly ok: true;
  readonly verified: Verified;
  readonly facts: PrincipalFacts;
  readonly powers: Powers;
}

/** `tokenId` where the token is one that there is. */
export interface Unrecognized {
  readonly ok: false;
  readonly reason: AuthenticationFailure;
  readonly tokenId?: TokenId | undefined;
}

/** Both questions throw where it cannot be told at the moment. */
export class Recognition {
  constructor(
    private readonly verifier: CredentialVerifier,
    private readonly directory: Directory,
  ) {}

  /** By what was sealed to the vault. */
  async byCredential(credential: Credential, context: CredentialContext): Promise<Recognized | Unrecognized> {
    return this.stand(await this.verifier.verify(credential, context), context.nowMs);
  }

  /** By what was shown to nats-server. */
  async byConnectSecret(secret: string, nowMs: number): Promise<Recognized | Unrecognized> {
    return this.stand(await this.verifier.verifyConnectSecret(secret, nowMs), nowMs);
  }

  private async stand(verification: Verification, nowMs: number): Promise<Recognized | Unrecognized> {
    if (!verification.ok) return verification;
    const { verified } = verification;
    const { principal, tokenId } = verified;
    const facts = await this.directory.of(principal);
    const standing = standingOf(facts?.state ?? null, { tokenId: tokenId ?? null }, nowMs);
    if (!standing.ok) return { ok: false, reason: standing.reason, tokenId };
    if (facts === null) return { ok: false, reason: 'principal.suspended', tokenId };
    return { ok: true, verified, facts, powers: standing.powers };
  }
}
