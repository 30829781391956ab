/** What the holder of a session may, given what is known of its principal. */
import type { TokenId } from '@keytrail/contracts';
import type { PrincipalFacts } from '../principal/directory.js';
import { type PowersNow, powersOf } from '../principal/principal.decider.js';

/** Somebody who is not (or no longer) known is as good as suspended. `nowMs` in epoch milliseconds. */
export function standingOf(
  facts: PrincipalFacts | null,
  { tokenId }: { readonly tokenId: TokenId | null },
  nowMs: number,
): PowersNow {
  if (facts === null) return { ok: false, reason: 'principal.suspended' };
  return powersOf(facts.state, { tokenId: tokenId ?? undefined }, nowMs);
}
