/** The client of internal services: connect once, decrypt whenever a value is needed. */
import { type ConnectOptions, settingsOf } from './connect-options.js';
import { credentialReader } from './credential.js';
import { decrypt, type DecryptOptions } from './decrypt.js';
import type { Decrypted } from './decrypted.js';
import { enter } from './entry.js';
import { receiptBook, type ReceiptOf } from './receipts.js';

export interface KeytrailClient {
  /** Who asks, as the bus knows it. */
  readonly principal: string;
  /**
   * Obtains a value. Throws {@link KeytrailError}: `secret.unavailable` where it does not exist, is revoked, expired or
   * not for this caller; `request.malformed` before anything is sent; `auth.missing` and `auth.invalid` where the
   * credential is gone or not taken any more; `key.unknown` where the vault is not the one whose key was told;
   * `request.deadline_exceeded` and `service.unavailable` may be tried again. Each call is an access of its own in the
   * audit.
   */
  decrypt(reference: string, options?: DecryptOptions): Promise<Decrypted>;
  /** The latest receipts, oldest first: each is the proof of one access. */
  receipts(): readonly ReceiptOf[];
  close(): Promise<void>;
}

/**
 * Comes in by the bus; the vault is met with the first request. What `options` do not tell is taken from `env`. Throws
 * {@link KeytrailError}: `auth.missing` where there is no credential, `auth.invalid` where it is refused,
 * `service.unavailable` where nobody has answered within `patienceMs`, `request.malformed` where an option is not of
 * its form. From then on connection and session come back by themselves, with the credential as it is by then.
 */
export async function connect(
  options: ConnectOptions = {},
  env: NodeJS.ProcessEnv = process.env,
): Promise<KeytrailClient> {
  const settings = settingsOf(options, env);
  const entry = await enter(settings, credentialReader(options.credential, env));
  const receipts = receiptBook(settings.receipts);
  return {
    principal: entry.principal,
    decrypt: async (reference, how = {}) => {
      const { value, requestId } = await decrypt(entry, reference, how);
      const { version, receipt } = value;
      receipts.keep({ reference: value.reference, version, receipt, requestId, receivedAt: new Date().toISOString() });
      return value;
    },
    receipts: receipts.all,
    close: () => entry.close(),
  };
}
