/** Why something was denied, in a sentence for a person who may know it. */
import type { DenialReason } from './access.js';

export const DENIAL_SENTENCES: Readonly<Record<DenialReason, string>> = {
  'principal.not_permitted': 'No role and no grant of the caller permits it.',
  'principal.quarantined': 'The caller is in quarantine.',
  'principal.suspended': 'The caller is suspended.',
  'credential.out_of_scope': 'The scopes of the token that was shown do not permit it.',
  'credential.revoked': 'The credential has been revoked.',
  'credential.expired': 'The credential has expired.',
  'policy.forbidden': 'A policy of the workspace forbids it.',
  'policy.failed':
    'A policy of the workspace cannot be evaluated, and so nothing is permitted that policies have a say in.',
  'workspace.not_found': 'There is no such workspace.',
  'secret.not_found': 'There is no secret of this name.',
  'secret.deleted': 'The secret has been deleted.',
  'secret.quarantined': 'The secret is in quarantine, from everybody or from the caller.',
  'secret.disabled': 'The secret is disabled.',
  'secret.revoked': 'The secret has been revoked.',
  'version.not_found': 'The secret has no such version.',
  'version.revoked': 'The version has been revoked.',
  'version.expired': 'The version has expired.',
  'material.unreadable': 'The stored value could not be opened.',
};
