/** What the vault is told at boot. */
import { BackendEnvironment, SecretFile } from '@keytrail/service';

export const VaultEnvironment = BackendEnvironment.extend({
  KEYTRAIL_ROOT_KEY_FILE: SecretFile.describe('the path of the file with the root key'),
});
