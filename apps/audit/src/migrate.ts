/** Brings the audit's database up to date, as its owner; any number of them may run at once. */
import { migrate } from '@keytrail/postgres';
import { parseEnvironment } from '@keytrail/service';
import { AUDIT_STEPS } from './audit.schema.js';
import { MigrationEnvironment } from './environment.js';

await migrate(parseEnvironment(MigrationEnvironment, process.env).KEYTRAIL_OWNER_DATABASE_URL_FILE, AUDIT_STEPS);
