/** Makes a new administrator where all are lost; the root key and a reason are needed. */
import { loadRootKey } from '@keytrail/crypto';
import { databaseOf, openDatabase } from '@keytrail/postgres';
import { parseEnvironment, runOnce } from '@keytrail/service';
import { z } from 'zod';
import { writeTokenFile } from './principal/token-file.js';
import { recoverAdministrator } from './recover-admin.js';
import { VaultEnvironment } from './vault.environment.js';

const Environment = z.object({
  ...VaultEnvironment.pick({ KEYTRAIL_DATABASE_URL_FILE: true, KEYTRAIL_ROOT_KEY_FILE: true }).shape,
  KEYTRAIL_RECOVERY_REASON: z
    .string()
    .trim()
    .min(1)
    .max(500)
    .describe('why an administrator is recovered, and by whom: the audit keeps it'),
  KEYTRAIL_RECOVERY_OUT: z.string().describe('the path of the file to write the new principal and its token to'),
});

await runOnce('vault-recover', async (log) => {
  const env = parseEnvironment(Environment, process.env);
  const root = loadRootKey(env.KEYTRAIL_ROOT_KEY_FILE);
  const orm = await openDatabase({ url: env.KEYTRAIL_DATABASE_URL_FILE });
  try {
    await writeTokenFile(env.KEYTRAIL_RECOVERY_OUT, () =>
      recoverAdministrator({ database: databaseOf(orm), root, reason: env.KEYTRAIL_RECOVERY_REASON }),
    );
    log.warn('an administrator was recovered');
  } finally {
    await orm.close();
  }
});
