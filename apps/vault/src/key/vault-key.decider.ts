/**
 * The rules of the vault's own keys: one signing key for ever, and sealing keys that follow each other while the one
 * before is still valid.
 */
import type { KeyEvent } from '@keytrail/contracts';
import { unreachable } from '@keytrail/contracts';
import type { Decider } from '@keytrail/eventsourcing';
import { accept } from '@keytrail/eventsourcing';

type DataOf<T extends KeyEvent['type']> = Extract<KeyEvent, { type: T }>['data'];
export type SigningKeyFacts = DataOf<'SigningKeyCreated'>;
export type SealingKeyFacts = DataOf<'SealingKeyRotated'>;

/** Keys that stand ready, each to be taken where it is due. */
export interface ReplenishKeys {
  readonly type: 'ReplenishKeys';
  readonly signing: SigningKeyFacts;
  readonly sealing: SealingKeyFacts;
  /** How old the newest sealing key may be when the next one begins. */
  readonly sealingAgeMaxMs: number;
}

export interface VaultKeyState {
  readonly signing: SigningKeyFacts | null;
  readonly newest: SealingKeyFacts | null;
}

/** Replenishing is never refused: what is not due adds nothing. */
export const vaultKeyDecider: Decider<VaultKeyState, ReplenishKeys, KeyEvent, never> = {
  initial: { signing: null, newest: null },
  decide: ({ signing, sealing, sealingAgeMaxMs }, state) => {
    const created: KeyEvent[] = state.signing === null ? [{ type: 'SigningKeyCreated', data: signing }] : [];
    const isDue = isRotationDue(state.newest, Date.parse(sealing.notBefore), sealingAgeMaxMs);
    return accept(...created, ...(isDue ? [{ type: 'SealingKeyRotated', data: sealing } as const] : []));
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'SigningKeyCreated':
        return { ...state, signing: event.data };
      case 'SealingKeyRotated':
        return { ...state, newest: event.data };
      default:
        return unreachable(event);
    }
  },
  withdraws: () => false,
};

/** Whether it is time for the next sealing key at `nowMs`, epoch milliseconds. */
export function isRotationDue(
  newest: Pick<SealingKeyFacts, 'notBefore'> | null,
  nowMs: number,
  sealingAgeMaxMs: number,
): boolean {
  return newest === null || Date.parse(newest.notBefore) + sealingAgeMaxMs <= nowMs;
}
