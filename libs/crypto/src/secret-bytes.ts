/** Plaintext in memory: it prints as `[redacted]` and is zeroed after use. */
import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/**
 * Holds plaintext bytes in memory of their own, outside Node's shared pool. Hold one with `using`, or call `destroy()`
 * in `finally`: the bytes are then zeroed, and any later use throws. Copies made of `bytes` are the caller's to zero.
 */
export class SecretBytes implements Disposable {
  #bytes: Buffer | null;

  private constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Holds a copy; the original stays the caller's to zero. */
  static copyOf(bytes: Uint8Array): SecretBytes {
    const copy = Buffer.allocUnsafeSlow(bytes.length);
    copy.set(bytes);
    return new SecretBytes(copy);
  }

  /** Holds the very buffer, which the caller gives up: it is zeroed by `destroy()`. */
  static take(bytes: Buffer): SecretBytes {
    return new SecretBytes(bytes);
  }

  /** The plaintext itself, not a copy. Throws once destroyed. */
  get bytes(): Buffer {
    if (this.#bytes === null) throw new Error('these secret bytes were destroyed');
    return this.#bytes;
  }

  /** The number of bytes. Throws once destroyed. */
  get length(): number {
    return this.bytes.length;
  }

  /** Zeroes the plaintext; a second call does nothing. */
  destroy(): void {
    this.#bytes?.fill(0);
    this.#bytes = null;
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
