/** A principal and its tokens as they are shown, but for what their events do not say: names and last use. */
import { isExpired, type QuarantineState, type RegisteredPrincipal } from '@keytrail/access';
import type { PrincipalDescription, PrincipalEvent, TokenDescription } from '@keytrail/contracts';
import { fold, type Recorded } from '@keytrail/eventsourcing';
import { principalDecider } from './principal.decider.js';

export type PrincipalHistory = readonly Recorded<PrincipalEvent>[];

/** Null for somebody without a history: nobody was registered. */
export function principalStateOf(history: PrincipalHistory): RegisteredPrincipal | null {
  const state = fold(
    principalDecider,
    history.map(({ event }) => event),
  );
  return state.exists ? state : null;
}

export type PrincipalStanding = Pick<
  PrincipalDescription,
  'kind' | 'status' | 'roles' | 'revision' | 'createdAt' | 'updatedAt'
> & {
  /** Also where its time has passed. */
  readonly quarantine: QuarantineState | null;
};

/** Null for somebody without a history. */
export function standingOf(history: PrincipalHistory): PrincipalStanding | null {
  const [state, first, last] = [principalStateOf(history), history[0], history.at(-1)];
  if (state === null || first === undefined || last === undefined) return null;
  return {
    kind: state.kind,
    status: state.suspended ? 'suspended' : 'active',
    roles: [...state.roles],
    quarantine: state.quarantine,
    revision: history.length,
    createdAt: first.time,
    updatedAt: last.time,
  };
}

export type TokenStanding = Pick<TokenDescription, 'tokenId' | 'scopes' | 'status' | 'createdAt' | 'expiresAt'>;

/** In the order of their issue; `nowMs` in epoch milliseconds. */
export function tokenStandingsOf(history: PrincipalHistory, nowMs: number): readonly TokenStanding[] {
  const issuedAt = new Map(
    history.flatMap(({ event, time }) => (event.type === 'TokenIssued' ? [[event.data.tokenId, time] as const] : [])),
  );
  const tokens = principalStateOf(history)?.tokens ?? [];
  return tokens.map((token) => ({
    tokenId: token.tokenId,
    scopes: token.scopes ?? null,
    status: token.revoked ? 'revoked' : isExpired(token, nowMs) ? 'expired' : 'active',
    createdAt: issuedAt.get(token.tokenId) as string,
    expiresAt: token.expiresAt ?? null,
  }));
}
