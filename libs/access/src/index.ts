/** Who may what: principals and workspaces folded from their events, and decisions in Cedar. */
export { CedarBroken, isCedarBroken } from './cedar.js';
export type { Circumstances } from './circumstances.js';
export { minuteEndMs } from './circumstances.js';
export type { AccessFacts, Decision, DecisionsOptions, Question, Refusal } from './decisions.js';
export { Decisions } from './decisions.js';
export { checkDocument, ChecksOverloaded } from './document-check.js';
export type {
  NoPrincipal,
  Powerless,
  PowersNow,
  PrincipalState,
  RegisteredPrincipal,
  TokenFacts,
  TokenState,
} from './principal.view.js';
export { evolvePrincipal, isExpired, isSameRole, NO_PRINCIPAL, powersOf, rolesIn } from './principal.view.js';
export type { QuarantineState } from './quarantine.js';
export { describeQuarantine, extended, isInForce, isUndisputed } from './quarantine.js';
export { rulesOf } from './rules.js';
export { POLICY_SCHEMA } from './schema.js';
export type { PublishedPolicy, WorkspaceState } from './workspace.view.js';
export { evolveWorkspace, NO_WORKSPACE } from './workspace.view.js';
