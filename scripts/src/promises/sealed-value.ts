/** A value that its owner seals to the vault, as whoever does not trust the gateway with it does. */
import type { SealingKeys } from '@keytrail/contracts';
import { SEALED_FOR, sealTo, type SealedText } from '@keytrail/crypto';

/** To the newest of the vault's keys, as the gateway tells them. */
export function sealedValue({ keys: [key] }: SealingKeys, reference: string, value: string): SealedText {
  if (key === undefined) throw new Error('the vault has no key to seal to');
  const sealed = sealTo(key, Buffer.from(value), { purpose: SEALED_FOR.value, context: [reference] });
  const { keyId, enc, ciphertext } = sealed;
  return { keyId, enc, ciphertext };
}
