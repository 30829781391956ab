/** What the vault is told at boot. */
import { SecretFile, SharedEnvironment } from '@keytrail/service';

export const VaultEnvironment = SharedEnvironment.pick({
  KEYTRAIL_NATS_URL: true,
  KEYTRAIL_NATS_RPC_SEED_FILE: true,
  KEYTRAIL_NATS_EVENTS_SEED_FILE: true,
  KEYTRAIL_PRINCIPAL: true,
  KEYTRAIL_DATABASE_URL_FILE: true,
  KEYTRAIL_HOST: true,
  KEYTRAIL_HEALTH_PORT: true,
}).extend({
  KEYTRAIL_ROOT_KEY_FILE: SecretFile.describe('the path of the file with the root key'),
});
