/** Brings the audit's database up to date, as its owner; any number of them may run at once. */
import { migrate } from '@keytrail/postgres';
import { MigrationEnvironment, parseEnvironment, runOnce } from '@keytrail/service';
import { AUDIT_STEPS } from './audit.schema.js';

await runOnce('audit-migrate', async () => {
  const { KEYTRAIL_OWNER_DATABASE_URL_FILE: ownerUrl } = parseEnvironment(MigrationEnvironment, process.env);
  await migrate(ownerUrl, AUDIT_STEPS);
});
