/** A value as it arrives, sealed to the vault, becomes bytes that can be zeroed. */
import { LIMITS, type Reference, type RpcReply, type SealedMessage } from '@keytrail/contracts';
import type { SecretBytes } from '@keytrail/crypto';
import { refused } from '@keytrail/nats';
import type { VaultKeys } from '../key/vault-keys.js';

export type OpenedValue =
  { readonly ok: true; readonly value: SecretBytes } | Extract<RpcReply<never>, { readonly ok: false }>;

/** The value is the caller's to destroy. It opens for the one reference that it was sealed for. */
export async function openValue(
  keys: VaultKeys,
  { reference, sealedValue }: { readonly reference: Reference; readonly sealedValue: SealedMessage },
  nowMs: number,
): Promise<OpenedValue> {
  const opened = await keys.open(sealedValue, { purpose: 'value', context: [reference] }, nowMs);
  if (!opened.ok) return opened;
  const { plaintext: value } = opened;
  if (value.length >= 1 && value.length <= LIMITS.secretValueBytes) return { ok: true, value };
  const tooLarge = value.length > 0;
  value.destroy();
  return tooLarge
    ? refused('request.too_large', `a value has at most ${LIMITS.secretValueBytes} bytes`)
    : refused('request.malformed', 'the value is empty: a value has 1 to 65,536 bytes');
}
