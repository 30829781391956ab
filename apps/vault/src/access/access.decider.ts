/** Which version of a secret an attempt obtains, once its asker may ask; or why none. */
import { isInForce } from '@keytrail/access';
import type { DenialReason, Principal, SecretId } from '@keytrail/contracts';
import type { ExistingSecret, SecretState } from '../secret/secret.decider.js';

export interface Obtainable {
  readonly allowed: true;
  readonly secretId: SecretId;
  readonly version: number;
  /** RFC 3339; null where the version never expires. */
  readonly validUntil: string | null;
}

export interface Denied {
  readonly allowed: false;
  readonly reason: DenialReason;
  /** Absent where there is no such secret, or it was not looked for. */
  readonly secretId?: SecretId;
}

export type AccessDecision = Obtainable | Denied;

/** Without `version` the current one is asked for; `nowMs` in epoch milliseconds. */
export interface Attempt {
  readonly principal: Principal;
  readonly version: number | undefined;
  readonly nowMs: number;
}

/** From the outside in, so that the reason names the widest thing that is missing. */
export function decideAccess(attempt: Attempt, exists: boolean, secret: SecretState): AccessDecision {
  if (!exists) return { allowed: false, reason: 'workspace.not_found' };
  if (!secret.exists) return { allowed: false, reason: 'secret.not_found' };
  const { secretId, versions, revokedThrough } = secret;
  const denied = (reason: DenialReason): Denied => ({ allowed: false, reason, secretId });
  if (secret.deleted) return denied('secret.deleted');
  if (isHeldBack(secret, attempt)) return denied('secret.quarantined');
  if (secret.disabled) return denied('secret.disabled');
  if (revokedThrough === versions.length) return denied('secret.revoked');
  const asked = attempt.version ?? versions.length;
  const found = versions[asked - 1];
  if (found === undefined) return denied('version.not_found');
  if (asked <= revokedThrough) return denied('version.revoked');
  if (found.expiresAt !== null && Date.parse(found.expiresAt) <= attempt.nowMs) return denied('version.expired');
  return { allowed: true, secretId, version: asked, validUntil: found.expiresAt };
}

const isHeldBack = ({ quarantines }: ExistingSecret, { principal, nowMs }: Attempt): boolean =>
  quarantines.some((each) => (each.principal === null || each.principal === principal) && isInForce(each, nowMs));
