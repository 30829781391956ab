/** The credential of Keytrail's own processes: their nkey signs the session's set-up, and never leaves the process. */
import { nkeyStatement } from '@keytrail/crypto';
import { fromSeed } from '@nats-io/nkeys';
import type { CredentialSource } from './client-session.js';

/** `seed` is an nkey seed of a user (`SU…`). */
export function nkeyCredential(seed: string): CredentialSource {
  const pair = fromSeed(new TextEncoder().encode(seed));
  return (setUp) => ({
    type: 'nkey',
    publicKey: pair.getPublicKey(),
    signature: Buffer.from(pair.sign(nkeyStatement(setUp))).toString('base64url'),
  });
}
