/** Sets the vault up, once its database is up to date; safe to repeat, and any number of them may run at once. */
import { loadRootKey } from '@keytrail/crypto';
import { databaseOf, openDatabase } from '@keytrail/postgres';
import { parseEnvironment, runOnce } from '@keytrail/service';
import { z } from 'zod';
import { BootstrapPlanFile } from './bootstrap-plan.js';
import { bootstrapVault } from './bootstrap-vault.js';
import { writeTokenFile } from './principal/token-file.js';
import { VaultEnvironment } from './vault.environment.js';

const Environment = z.object({
  ...VaultEnvironment.pick({ KEYTRAIL_DATABASE_URL_FILE: true, KEYTRAIL_ROOT_KEY_FILE: true }).shape,
  KEYTRAIL_BOOTSTRAP_FILE: BootstrapPlanFile.describe('the path of the JSON file with the services and the admin'),
  KEYTRAIL_BOOTSTRAP_OUT: z.string().describe('the path of the file to write the vault key and the token to'),
});

await runOnce('vault-bootstrap', async (log) => {
  const env = parseEnvironment(Environment, process.env);
  const root = loadRootKey(env.KEYTRAIL_ROOT_KEY_FILE);
  const orm = await openDatabase({ url: env.KEYTRAIL_DATABASE_URL_FILE });
  try {
    const { admin } = await writeTokenFile(env.KEYTRAIL_BOOTSTRAP_OUT, () =>
      bootstrapVault({ database: databaseOf(orm), root, plan: env.KEYTRAIL_BOOTSTRAP_FILE }),
    );
    log.info(admin ? 'the vault is set up, and has its first administrator' : 'the vault is set up');
  } finally {
    await orm.close();
  }
});
