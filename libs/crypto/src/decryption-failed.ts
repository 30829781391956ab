/** The only way in which decryption fails. */

/**
 * The bytes do not open: wrong key, wrong context, altered or cut off. It does not say which, holds no cause and no
 * bytes, so whoever can submit ciphertexts learns nothing but "no".
 */
export class DecryptionFailed extends Error {
  override readonly name = 'DecryptionFailed';
  readonly code = 'crypto.decryption_failed';

  constructor() {
    super('decryption failed');
  }
}
