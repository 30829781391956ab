/** What the vault is told at boot. */
import { BackendEnvironment, SecretFile } from '@keytrail/service';
import { z } from 'zod';
import { IssuersFile } from './credential/issuers.js';

/** With less, a large principal or workspace would find no room. */
const CacheMib = z
  .string()
  .regex(/^\d{1,6}$/, 'is not a number of mebibytes: 64 or more')
  .transform(Number)
  .refine((mib) => mib >= 64, 'is not a number of mebibytes: 64 or more');

export const VaultEnvironment = BackendEnvironment.extend({
  KEYTRAIL_ROOT_KEY_FILE: SecretFile.describe('the path of the file with the root key'),
  KEYTRAIL_NATS_AUTH_SEED_FILE: SecretFile.describe("the path of the file with the auth callout's nkey seed"),
  KEYTRAIL_NATS_ISSUER_SEED_FILE: SecretFile.describe(
    'the path of the file with the seed of the account key that signs what callers may do on the bus',
  ),
  KEYTRAIL_NATS_XKEY_SEED_FILE: SecretFile.describe(
    'the path of the file with the seed of the curve key that credentials are encrypted to',
  ),
  KEYTRAIL_ISSUERS_FILE: IssuersFile.optional(),
  KEYTRAIL_CACHE_MIB: CacheMib.optional(),
});
