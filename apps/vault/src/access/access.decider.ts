/** Whether an attempt to obtain a value is allowed, and which version it obtains. */
import { type DenialReason, type Operation, permits, type SecretId, type Workspace } from '@keytrail/contracts';
import type { Powerless, PowersNow } from '../principal/principal.decider.js';
import type { SecretState } from '../secret/secret.decider.js';

/** What the decision rests on. */
export interface AccessFacts {
  /** Of the session that asks. */
  readonly asker: PowersNow;
  readonly workspace: Workspace;
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

const DECRYPT: Operation = { service: 'vault', aggregate: 'secret', verb: 'decrypt' };

/** Who has opened a session had a token that was known: one that is not any more was taken away. */
const POWERLESS: Readonly<Record<Powerless, DenialReason>> = {
  'principal.suspended': 'principal.suspended',
  'token.unknown': 'credential.revoked',
  'token.revoked': 'credential.revoked',
  'token.expired': 'credential.expired',
};

/**
 * Without `version` the current one is asked for. Facts are looked at from the outside in, so that the reason names the
 * widest thing that is missing.
 */
export function decideAccess(
  version: number | undefined,
  { asker, workspace, workspaceExists, secret, expired }: AccessFacts,
): AccessDecision {
  if (!asker.ok) return { allowed: false, reason: POWERLESS[asker.reason] };
  if (!permits(asker.powers, DECRYPT, workspace)) return { allowed: false, reason: 'principal.not_permitted' };
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
