/** Brings the rotation-scheduler's database up to date, as its owner; any number of them may run at once. */
import { JOURNAL_STEPS, migrate } from '@keytrail/postgres';
import { MigrationEnvironment, parseEnvironment, runOnce } from '@keytrail/service';
import { ROTATION_STEP } from './rotation/rotation.schema.js';

await runOnce('rotation-scheduler-migrate', async () => {
  const { KEYTRAIL_OWNER_DATABASE_URL_FILE: ownerUrl } = parseEnvironment(MigrationEnvironment, process.env);
  await migrate(ownerUrl, [...JOURNAL_STEPS, ROTATION_STEP]);
});
