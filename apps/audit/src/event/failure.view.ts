/** Which events tell of a failure, and why it failed: a code for machines, a sentence for people. */
import type { AuditOutcome, AuthenticationFailure, DenialReason, EventBody } from '@keytrail/contracts';
import { ACTIONS, DENIAL_SENTENCES } from '@keytrail/contracts';

/** Where the code of a failure stands in an event that tells one. */
const FAILURES: ReadonlyMap<string, string> = new Map([
  ['SecretAccessDenied', 'reason'],
  ['OperationDenied', 'reason'],
  ['AuthenticationFailed', 'reason'],
  ['RotationFailed', 'code'],
]);

/** How an event of that name has ended. */
export function judge(
  name: string,
  data: EventBody['data'] | undefined,
): { readonly outcome: AuditOutcome; readonly code: string | null } {
  const place = FAILURES.get(name);
  if (place === undefined) return { outcome: 'success', code: null };
  const code = data?.[place];
  return { outcome: 'failure', code: typeof code === 'string' ? code : null };
}

const REASONS: Readonly<Record<DenialReason | AuthenticationFailure, string>> = {
  ...DENIAL_SENTENCES,
  'principal.mismatch': 'The credential is of another principal than the connection.',
  'credential.malformed': 'The credential is not of any form that there is.',
  'credential.unreadable': 'The sealed credential could not be opened.',
  'token.unknown': 'There is no such token.',
  'token.revoked': 'The token has been revoked.',
  'token.expired': 'The token has expired.',
  'jwt.issuer_unknown': 'The issuer of the JWT is not one that is trusted.',
  'jwt.invalid': 'The JWT is not valid: its signature, its audience or its time.',
  'jwt.subject_unknown': 'Nobody is registered under the subject of the JWT.',
  'nkey.unknown': 'Nobody is registered with this nkey.',
  'nkey.signature_invalid': 'The signature is not of this nkey.',
  'conn.unknown': 'The connection is not one that was let in.',
  'conn.taken': "The connection's name is in use by another principal.",
};

/** One sentence on a failure. */
export function messageOf({ action, code }: { readonly action: string; readonly code: string | null }): string {
  if (action === ACTIONS.RotationFailed) return 'The rotation failed; the version before it is still in force.';
  const known: Readonly<Record<string, string>> = REASONS;
  if (code !== null && Object.hasOwn(known, code)) return known[code] as string;
  return action === ACTIONS.AuthenticationFailed ? 'The credential was not accepted.' : 'The access was denied.';
}
