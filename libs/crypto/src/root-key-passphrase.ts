/** A root key that a person remembers: a passphrase, stretched. */
import { pbkdf2Sha256 } from './kdf.js';
import { RootKeyRefused } from './root-key-refused.js';
import { localRootKey, type RootKey } from './root-key.js';

/** A passphrase with what stretches it; salt and iterations are no secrets, and must stay the same for ever. */
export interface Passphrase {
  readonly passphrase: string;
  /** 16 random bytes. */
  readonly salt: Uint8Array;
  /** 600,000 by default, as OWASP asks for. */
  readonly iterations?: number;
}

/**
 * A root key stretched from a passphrase (in Unicode form NFC) with PBKDF2-HMAC-SHA-256. Throws {@link RootKeyRefused}
 * for a passphrase under 16 characters, under 100,000 iterations, or a salt that does not have 16 bytes.
 */
export async function passphraseRootKey({ passphrase, salt, iterations = 600_000 }: Passphrase): Promise<RootKey> {
  const characters = passphrase.normalize('NFC');
  if ([...characters].length < 16) throw new RootKeyRefused('the passphrase needs at least 16 characters');
  if (!Number.isSafeInteger(iterations) || iterations < 100_000)
    throw new RootKeyRefused('the passphrase needs at least 100,000 iterations');
  if (salt.length !== 16) throw new RootKeyRefused('the salt of the passphrase needs 16 bytes');
  const stretched = await pbkdf2Sha256(Buffer.from(characters), { salt, iterations, length: 32 });
  try {
    return localRootKey(stretched);
  } finally {
    stretched.fill(0);
  }
}
