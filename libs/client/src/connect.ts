/** The client of internal services: connect once, decrypt whenever a value is needed. */
import { type ConnectOptions, settingsOf } from './connect-options.js';
import { credentialReader } from './credential.js';
import { coalescing } from './coalesce.js';
import { decrypt, type DecryptOptions, type Obtained } from './decrypt.js';
import { decryptBatch, type DecryptBatchOptions, type DecryptItem, type DecryptOutcome } from './decrypt-batch.js';
import type { Decrypted } from './decrypted.js';
import { enter } from './entry.js';
import { receiptBook, type ReceiptOf } from './receipts.js';
import { retrying } from './retry.js';

export interface KeytrailClient {
  /** Who asks, as the bus knows it. */
  readonly principal: string;
  /**
   * Obtains a value. Throws {@link KeytrailError}: `secret.unavailable` where it does not exist, is revoked, expired or
   * not for this caller; `request.malformed` before anything is sent; `auth.missing` and `auth.invalid` where the
   * credential is gone or not taken any more; `key.unknown` where the vault is not the one whose key was told;
   * `request.deadline_exceeded` and `service.unavailable` may be tried again, as may `service.overloaded`, which has
   * been until the deadline. Each call is an access of its own in the audit.
   */
  decrypt(reference: string, options?: DecryptOptions): Promise<Decrypted>;
  /**
   * Obtains many values with as few requests as they fit into, 100 in each. Each is an access of its own, with its own
   * event and its own outcome, in the order of `items`; an error is what `decrypt` would have thrown. Whoever has the
   * values destroys them.
   */
  decryptBatch(
    items: readonly (string | DecryptItem)[],
    options?: DecryptBatchOptions,
  ): Promise<readonly DecryptOutcome<Decrypted>[]>;
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
  const entered = await enter(settings, credentialReader(options.credential, env));
  const entry = settings.retries ? retrying(entered) : entered;
  const receipts = receiptBook(settings.receipts);
  const kept = ({ value, requestId }: Obtained): Decrypted => {
    const { reference, version, receipt } = value;
    receipts.keep({ reference, version, receipt, requestId, receivedAt: new Date().toISOString() });
    return value;
  };
  const together = coalescing({
    one: ({ reference, ...how }) => decrypt(entry, reference, how),
    many: (items) => decryptBatch(entry, items, {}),
  });
  const isAlone = ({ timeoutMs, requestId, traceparent }: DecryptOptions): boolean =>
    !settings.coalesce || timeoutMs !== undefined || requestId !== undefined || traceparent !== undefined;
  return {
    principal: entry.principal,
    decrypt: async (reference, how = {}) =>
      kept(await (isAlone(how) ? decrypt(entry, reference, how) : together({ reference, ...how }))),
    decryptBatch: async (items, how = {}) => {
      const asked = items.map((item) => (typeof item === 'string' ? { reference: item } : item));
      const outcomes = await decryptBatch(entry, asked, how);
      return outcomes.map((outcome) => (outcome.ok ? { ok: true, value: kept(outcome.value) } : outcome));
    },
    receipts: receipts.all,
    close: () => entry.close(),
  };
}
