/** A released value with the proof of its release. */
import type { Receipt, Reference } from '@keytrail/contracts';
import type { SecretBytes } from '@keytrail/crypto';

/**
 * Prints without its value. Hold it with `using`, or call `destroy()` in `finally`: the bytes are then zeroed, and any
 * later use throws. Copies are the caller's to look after, and `text()` is one that cannot be zeroed.
 */
export class Decrypted implements Disposable {
  readonly reference: Reference;
  readonly version: number;
  /** Names the event that was durable before the value left the vault. */
  readonly receipt: Receipt;
  readonly #value: SecretBytes;

  constructor(facts: Pick<Decrypted, 'reference' | 'version' | 'receipt'>, value: SecretBytes) {
    this.reference = facts.reference;
    this.version = facts.version;
    this.receipt = facts.receipt;
    this.#value = value;
  }

  /** The value itself, not a copy. */
  get bytes(): Buffer {
    return this.#value.bytes;
  }

  /** The value as UTF-8. Throws a TypeError where it is not UTF-8. */
  text(): string {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.#value.bytes);
  }

  destroy(): void {
    this.#value.destroy();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }
}
