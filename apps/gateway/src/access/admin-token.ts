/** The one administrator's token: the gateway knows its SHA-256, never the token. */
import { sha256, timingSafeEqualBytes } from '@keytrail/crypto';
import type { Authenticator } from './authenticator.js';

/** `sha256Hex`: 64 hexadecimal digits. Whoever presents the token acts as the gateway. */
export function adminToken(sha256Hex: string): Authenticator {
  const expected = Buffer.from(sha256Hex, 'hex');
  return {
    authenticate: async (token) => (timingSafeEqualBytes(sha256(Buffer.from(token)), expected) ? {} : null),
  };
}
