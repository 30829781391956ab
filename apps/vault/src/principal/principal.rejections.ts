/** What the rules of a principal refuse, and what to do instead. */
import { LIMITS } from '@keytrail/contracts';
import { reject } from '@keytrail/eventsourcing';

export const notFound = reject('principal.not_found', 'there is no such principal: register it first');
export const suspended = reject(
  'principal.suspended',
  'the principal is suspended for good: whoever is to come back is registered anew',
);
export const nameTaken = reject('principal.name_taken', 'the principal is registered already');
export const nkeyChanged = reject(
  'principal.name_taken',
  'the principal is registered with another nkey: give that one back, or give the service a new principal',
);
export const ofKeytrail = reject(
  'access.denied',
  'this is a process of Keytrail itself: what it may is laid down when a system is set up',
);
export const notBound = reject('principal.role_not_bound', 'the principal does not have this role in this workspace');
export const tooManyRoles = reject(
  'principal.limit',
  `a principal has at most ${LIMITS.rolesPerPrincipal} roles: unbind one, or bind one in _system for all workspaces`,
);
export const tooManyTokens = reject(
  'principal.limit',
  `a principal has at most ${LIMITS.tokensPerPrincipal} tokens: revoke those that are no longer used`,
);
export const tooManyGrants = reject(
  'principal.limit',
  `a principal has at most ${LIMITS.grantsPerPrincipal} grants: withdraw some, or give one with a wider pattern`,
);
/** Each access to a secret is decided by all the grants that cover it. */
export const tooManyAlike = reject(
  'principal.limit',
  `this principal has ${LIMITS.overlappingGrants} grants on some of the same secrets: put some of them together`,
);
export const grantNotFound = reject('grant.not_found', 'there is no such grant, or it was withdrawn');
export const notQuarantined = reject('principal.not_quarantined', 'the principal is not in quarantine');
export const tokenNotFound = reject('token.not_found', 'there is no such token');
