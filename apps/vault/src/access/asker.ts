/** Whether somebody may ask what they ask, before anything is looked at that they ask about. */
import {
  type AccessFacts,
  type Circumstances,
  type Decision,
  type Decisions,
  isInForce,
  type PowersNow,
  type PrincipalState,
  type WorkspaceState,
} from '@keytrail/access';
import {
  type DenialReason,
  isInScope,
  type Permission,
  type Principal,
  type Reference,
  type TokenId,
  type Workspace,
} from '@keytrail/contracts';
import type { Folded } from '../folded-streams.js';
import { standingOf } from '../session/standing.js';

/** Who asks, by which token where there was one, and in which workspace, as both stood when they were read. */
export interface Asker {
  readonly principal: Principal;
  readonly tokenId: TokenId | null;
  readonly standing: Folded<PrincipalState>;
  readonly workspace: Workspace;
  readonly room: Folded<WorkspaceState>;
}

export interface Asked {
  readonly permission: Permission;
  readonly reference?: Reference | undefined;
  readonly circumstances: Circumstances;
}

/**
 * `validUntilMs` in epoch milliseconds: the answer holds only before; null where time does not change it. `decidedBy`:
 * the ids of the statements that have decided.
 */
export interface Permitted {
  readonly permitted: true;
  readonly validUntilMs: number | null;
  readonly decidedBy: readonly string[];
}

/** `decidedBy` is empty where nothing permits it, or it never came so far. */
export interface NotPermitted {
  readonly permitted: false;
  readonly reason: DenialReason;
  readonly decidedBy: readonly string[];
}

const NOT_OF_CEDAR: readonly string[] = [];

/** Who has opened a session had a token that was known: one that is not any more was taken away. */
export const POWERLESS = {
  'principal.suspended': 'principal.suspended',
  'token.unknown': 'credential.revoked',
  'token.revoked': 'credential.revoked',
  'token.expired': 'credential.expired',
} as const satisfies Record<Extract<PowersNow, { ok: false }>['reason'], DenialReason>;

/** From the outside in, so that the reason names the widest thing that is missing. */
export function judgeAsker(decisions: Decisions, asker: Asker, asked: Asked): Permitted | NotPermitted {
  const facts = factsOf(asker);
  if (facts === null) return denied('principal.not_permitted');
  const { state } = asker.standing;
  const { nowMs } = asked.circumstances;
  const standing = standingOf(state, asker, nowMs);
  if (!standing.ok) return denied(POWERLESS[standing.reason]);
  if (state.exists && state.quarantine !== null && isInForce(state.quarantine, nowMs))
    return denied('principal.quarantined');
  if (!isInScope(standing.powers.scopes, asked.permission)) return denied('credential.out_of_scope');
  const { allowed, reason, decidedBy, validUntilMs } = decisions.decide(facts, asked);
  if (!allowed) return { permitted: false, reason: reason ?? 'principal.not_permitted', decidedBy };
  return { permitted: true, validUntilMs: earlier(validUntilMs, standing.validUntil), decidedBy };
}

/** What Cedar is asked on; null for somebody who was never registered. */
export function factsOf({ principal, standing, workspace, room }: Asker): AccessFacts | null {
  if (!standing.state.exists) return null;
  return {
    principal,
    principalState: standing.state,
    principalRevision: standing.revision,
    workspace,
    workspaceState: room.state,
    workspaceRevision: room.revision,
  };
}

/** The statements that have decided, as far as an event has room for them. */
export const policiesIn = ({ decidedBy }: Pick<Decision, 'decidedBy'>) =>
  decidedBy.length === 0 ? {} : { policies: decidedBy.slice(0, 8) };

const denied = (reason: DenialReason): NotPermitted => ({ permitted: false, reason, decidedBy: NOT_OF_CEDAR });

/** Of epoch milliseconds and RFC 3339, in epoch milliseconds; null where there is neither. */
export function earlier(oneMs: number | null, other: string | null): number | null {
  if (other === null) return oneMs;
  return oneMs === null ? Date.parse(other) : Math.min(oneMs, Date.parse(other));
}
