/** What is sealed to the vault: a session's set-up, a value on its way in, a credential that the gateway hands on. */
import { associatedData } from './associated-data.js';
import { bytesOf } from './base64.js';
import { DecryptionFailed } from './decryption-failed.js';
import { mintHpkeKeyPair, type HpkeKeyPair } from './hpke-key.js';
import { hpkeOpen, hpkeSeal, type HpkeBinding, type HpkeExport } from './hpke.js';
import type { PublishedKey } from './published-key.js';
import { SecretBytes } from './secret-bytes.js';

/** What a message is for. It opens for the same purpose, and in the same context, or not at all. */
export const SEALED_FOR = {
  /** Context: the subject of the request, the subject of its reply. */
  session: 'keytrail/session/v1',
  /** Context: the reference. */
  value: 'keytrail/value-in/v1',
  /** Context: the principal of the gateway. */
  credential: 'keytrail/credential/v1',
} as const;

/** As it travels: `enc` in base64url, `ciphertext` in base64. */
export interface SealedText {
  readonly keyId: string;
  readonly enc: string;
  readonly ciphertext: string;
}

export interface SealedFor {
  readonly purpose: (typeof SEALED_FOR)[keyof typeof SEALED_FOR];
  readonly context: readonly string[];
}

/**
 * Seals to a published key, whose signature the caller has verified. `plaintext` stays the caller's to zero; one that
 * signs the message's own `enc` is made for it, and zeroed here. Throws a TypeError for a key that is none.
 */
export function sealTo(
  { keyId, publicKey }: Pick<PublishedKey, 'keyId' | 'publicKey'>,
  plaintext: Uint8Array | ((enc: string) => Uint8Array),
  sealedFor: SealedFor,
): SealedText & { readonly exportSecret: HpkeExport } {
  const recipient = Buffer.from(publicKey, 'base64url');
  const ephemeral = mintHpkeKeyPair();
  const enc = Buffer.from(ephemeral.publicKey).toString('base64url');
  const bytes = typeof plaintext === 'function' ? plaintext(enc) : plaintext;
  try {
    const sealed = hpkeSeal(recipient, bytes, { ...bindingOf(keyId, sealedFor), ephemeral });
    const ciphertext = Buffer.from(sealed.ciphertext).toString('base64');
    return { keyId, enc, ciphertext, exportSecret: sealed.exportSecret };
  } finally {
    if (typeof plaintext === 'function') bytes.fill(0);
  }
}

/** Opens what {@link sealTo} made for this key, purpose and context; throws {@link DecryptionFailed}. */
export function openSealed(
  key: HpkeKeyPair,
  { keyId, ...text }: SealedText,
  sealedFor: SealedFor,
): { readonly plaintext: SecretBytes; readonly exportSecret: HpkeExport } {
  const [enc, ciphertext] = [bytesOf(text.enc, 'base64url'), bytesOf(text.ciphertext, 'base64')];
  if (enc === null || ciphertext === null) throw new DecryptionFailed();
  const { plaintext, exportSecret } = hpkeOpen(key, { enc, ciphertext }, bindingOf(keyId, sealedFor));
  return { plaintext: SecretBytes.take(plaintext), exportSecret };
}

function bindingOf(keyId: string, { purpose, context }: SealedFor): HpkeBinding {
  return { info: associatedData([purpose, keyId]), associatedData: associatedData(context) };
}
