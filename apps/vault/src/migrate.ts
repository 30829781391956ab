/** Brings the vault's database up to date, as its owner; any number of them may run at once. */
import { migrate } from '@keytrail/postgres';
import { MigrationEnvironment, parseEnvironment, runOnce } from '@keytrail/service';
import { VAULT_STEPS } from './vault.schema.js';

await runOnce('vault-migrate', async () => {
  const { KEYTRAIL_OWNER_DATABASE_URL_FILE: ownerUrl } = parseEnvironment(MigrationEnvironment, process.env);
  await migrate(ownerUrl, VAULT_STEPS);
});
