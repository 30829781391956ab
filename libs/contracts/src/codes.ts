/** Every stable code a caller may meet. A new one does not compile until each edge has mapped it. */
import type { FindingRejectionCode } from './finding.js';
import type { GrantRejectionCode } from './grant.js';
import type { ParkedRejectionCode } from './parked.js';
import type { PolicyRejectionCode } from './policy.js';
import type { PrincipalRejectionCode } from './principal.js';
import type { RotationRejectionCode } from './rotation.js';
import type { SecretRejectionCode } from './secret.js';
import type { WorkspaceRejectionCode } from './workspace.js';

export type RequestCode =
  | 'request.malformed'
  | 'request.too_large'
  | 'request.unknown_operation'
  | 'request.deadline_exceeded'
  | 'request.command_id_reused';

export type Code =
  | RequestCode
  | WorkspaceRejectionCode
  | SecretRejectionCode
  | RotationRejectionCode
  | FindingRejectionCode
  | ParkedRejectionCode
  | PrincipalRejectionCode
  | GrantRejectionCode
  | PolicyRejectionCode
  | 'secret.unavailable'
  /** Held back for the moment: of a decrypt, and of anything that a principal in quarantine asks. */
  | 'secret.quarantined'
  | 'principal.quarantined'
  | 'auth.missing'
  | 'auth.invalid'
  /** There is no such session, or no longer, or this is not a request of it: open a new one. */
  | 'auth.session_invalid'
  /** Too many attempts in vain: wait. */
  | 'auth.throttled'
  /** The sealed message is to a key that is no longer valid: fetch the keys again. */
  | 'key.unknown'
  | 'access.denied'
  | 'service.overloaded'
  | 'service.unavailable'
  | 'journal.unavailable'
  | 'internal';

const RETRYABLE: ReadonlySet<Code> = new Set<Code>([
  'auth.session_invalid',
  'auth.throttled',
  'key.unknown',
  'request.deadline_exceeded',
  'service.overloaded',
  'service.unavailable',
  'journal.unavailable',
]);

/** Whether the same request may succeed later, unchanged; changes should carry a command id when they are repeated. */
export function isRetryable(code: Code): boolean {
  return RETRYABLE.has(code);
}
