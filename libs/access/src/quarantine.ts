/** A quarantine that was imposed, and whether it holds anybody back at a moment. */
import type { Principal, QuarantineDescription } from '@keytrail/contracts';

export interface QuarantineState {
  /** The one who is held back; null for everybody. */
  readonly principal: Principal | null;
  /** RFC 3339; null where it lasts until it is released. */
  readonly until: string | null;
  readonly releaseRequestedBy: Principal | null;
}

/** `nowMs` in epoch milliseconds. */
export const isInForce = ({ until }: QuarantineState, nowMs: number): boolean =>
  until === null || Date.parse(until) > nowMs;

/** What is shown of it; null once its time has passed. */
export const describeQuarantine = (state: QuarantineState, nowMs: number): QuarantineDescription | null =>
  isInForce(state, nowMs) ? state : null;

/**
 * Until when it lasts if it is imposed anew: a quarantine that stands is never shortened, for that would be a release.
 */
export function extended(standing: QuarantineState | null, until: string | null, nowMs: number): string | null {
  if (standing === null || !isInForce(standing, nowMs)) return until;
  if (standing.until === null || until === null) return null;
  return standing.until > until ? standing.until : until;
}

/** Whether it lasts until then already, and nobody has asked for its release: then another changes nothing. */
export const isUndisputed = (standing: QuarantineState | null, until: string | null): boolean =>
  standing !== null && standing.until === until && standing.releaseRequestedBy === null;
