/** Whether an attempt to obtain a value is allowed, and which version it obtains. */
import type { DenialReason, SecretId } from '@keytrail/contracts';
import type { SecretState } from '../secret/secret.decider.js';

/** What the decision rests on. */
export interface AccessFacts {
  readonly workspaceExists: boolean;
  readonly secret: SecretState;
  /** Versions whose time has passed, as the journal's clock has told. */
  readonly expired: ReadonlySet<number>;
}

export interface Allowed {
  readonly allowed: true;
  readonly secretId: SecretId;
  readonly version: number;
  /** RFC 3339; null where the version never expires. */
  readonly validUntil: string | null;
}

export interface Denied {
  readonly allowed: false;
  readonly reason: DenialReason;
  /** Absent where there is no such secret. */
  readonly secretId?: SecretId;
}

export type AccessDecision = Allowed | Denied;

/**
 * Without `version` the current one is asked for. Facts are looked at from the outside in, so that the reason names the
 * widest thing that is missing.
 */
export function decideAccess(
  version: number | undefined,
  { workspaceExists, secret, expired }: AccessFacts,
): AccessDecision {
  if (!workspaceExists) return { allowed: false, reason: 'workspace.not_found' };
  if (!secret.exists) return { allowed: false, reason: 'secret.not_found' };
  const { secretId, versions, revokedThrough } = secret;
  const denied = (reason: DenialReason): Denied => ({ allowed: false, reason, secretId });
  const asked = version ?? versions.length;
  const found = versions[asked - 1];
  if (revokedThrough === versions.length) return denied('secret.revoked');
  if (found === undefined) return denied('version.not_found');
  if (asked <= revokedThrough) return denied('version.revoked');
  if (expired.has(asked)) return denied('version.expired');
  return { allowed: true, secretId, version: asked, validUntil: found.expiresAt };
}
