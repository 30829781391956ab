/** Brings the anomaly-detector's database up to date, as its owner; any number of them may run at once. */
import { migrate } from '@keytrail/postgres';
import { MigrationEnvironment, parseEnvironment, runOnce } from '@keytrail/service';
import { ANOMALY_STEPS } from './anomaly.schema.js';

await runOnce('anomaly-detector-migrate', async () => {
  const { KEYTRAIL_OWNER_DATABASE_URL_FILE: ownerUrl } = parseEnvironment(MigrationEnvironment, process.env);
  await migrate(ownerUrl, ANOMALY_STEPS);
});
