/** What the holder of a session may, given what is known of its principal. */
import { type PowersNow, powersOf, type PrincipalState } from '@keytrail/access';
import type { TokenId } from '@keytrail/contracts';

/** Somebody who is not (or no longer) known is as good as suspended. `nowMs` in epoch milliseconds. */
export function standingOf(
  state: PrincipalState | null,
  { tokenId }: { readonly tokenId: TokenId | null },
  nowMs: number,
): PowersNow {
  if (state === null || !state.exists) return { ok: false, reason: 'principal.suspended' };
  return powersOf(state, { tokenId: tokenId ?? undefined }, nowMs);
}
