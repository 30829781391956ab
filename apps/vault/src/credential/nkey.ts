/** nkeys: how Keytrail's own processes show who they are, by a signature over the very set-up of their session. */
import type { Credential } from '@keytrail/contracts';
import { nkeyPublicBytes, nkeyStatement, verifySignature } from '@keytrail/crypto';
import type { Identification, Principals } from './identification.js';

/** The set-up that a session's credential belongs to: `enc` as it stands in the sealed message, and its subject. */
export interface SetUpContext {
  readonly enc: string;
  readonly subject: string;
}

/** The signature is over this set-up (`nkeyStatement`), so that it is of no use in another one. */
export async function identifyByNkey(
  { publicKey, signature }: Extract<Credential, { type: 'nkey' }>,
  setUp: SetUpContext,
  principals: Principals,
): Promise<Identification> {
  const key = nkeyPublicBytes(publicKey);
  if (key === null) return { ok: false, reason: 'credential.malformed' };
  const principal = await principals.byNkey(publicKey);
  if (principal === null) return { ok: false, reason: 'nkey.unknown' };
  const isSigned = verifySignature(key, {
    message: nkeyStatement(setUp),
    signature: Buffer.from(signature, 'base64url'),
  });
  return isSigned
    ? { ok: true, principal, type: 'nkey', expiresAtMs: null }
    : { ok: false, reason: 'nkey.signature_invalid' };
}
