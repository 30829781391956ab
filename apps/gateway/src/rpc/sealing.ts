/** What the vault alone may read is sealed to it before it leaves the gateway. */
import type { SealedMessage, SealingKey, SealingKeys, VaultKey } from '@keytrail/contracts';
import { sealTo } from '@keytrail/crypto';
import type { SealingKeyring } from '@keytrail/nats';
import { Refusal } from '../http/problem.js';
import { valueOf } from './answer.js';

type SealedFor = Parameters<typeof sealTo>[2];

/** Two are enough: a key that was fetched a moment ago is known to the vault. */
const ATTEMPTS = 2;

export class Sealing {
  constructor(
    private readonly keys: SealingKeyring,
    private readonly vaultKey: VaultKey,
  ) {}

  /** What a caller needs to seal by itself. Throws a `Refusal` where no key is known. */
  async published(): Promise<SealingKeys> {
    return { signingKey: this.vaultKey, keys: [await this.key()] };
  }

  /** Its signature was held against the vault key. */
  private async key(): Promise<SealingKey> {
    const reply = await this.keys.current();
    if (!reply.ok && reply.error.code === 'key.unknown')
      throw new Refusal('service.unavailable', 'the gateway knows no valid key of the vault at the moment');
    return valueOf(reply);
  }

  /**
   * Seals `plaintext`, which stays the caller's to zero, and has `send` carry it; once more where the vault no longer
   * knows the key. `send` throws the vault's refusals.
   */
  async carry<T>(
    plaintext: Uint8Array,
    sealedFor: SealedFor,
    send: (message: SealedMessage) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const key = await this.key();
      const { enc, ciphertext } = sealTo(key, plaintext, sealedFor);
      try {
        return await send({ keyId: key.keyId, enc, ciphertext });
      } catch (error) {
        const isOutdated = error instanceof Refusal && error.code === 'key.unknown';
        if (!isOutdated || attempt === ATTEMPTS) throw error;
        this.keys.forget();
      }
    }
  }
}
