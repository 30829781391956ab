/** Brings the vault's database up to date, as its owner; any number of them may run at once. */
import { JOURNAL_STEPS, migrate } from '@keytrail/postgres';
import { MigrationEnvironment, parseEnvironment, runOnce } from '@keytrail/service';
import { KEY_STEPS } from './key/key.schema.js';

await runOnce('vault-migrate', async () => {
  const { KEYTRAIL_OWNER_DATABASE_URL_FILE: ownerUrl } = parseEnvironment(MigrationEnvironment, process.env);
  await migrate(ownerUrl, [...JOURNAL_STEPS, ...KEY_STEPS]);
});
