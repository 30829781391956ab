/** Why a root key was not taken. */

/** A passphrase or a root key file that cannot be used; `message` says what to do and never quotes it. */
export class RootKeyRefused extends Error {
  override readonly name = 'RootKeyRefused';
  readonly code = 'crypto.root_key_refused';
}
