/** Brings the vault's database up to date, as its owner; any number of these may run at once. */
import { JOURNAL_STEPS, migrate } from '@keytrail/postgres';
import { parseEnvironment, SharedEnvironment } from '@keytrail/service';
import { KEY_STEPS } from './key/key.schema.js';

const env = parseEnvironment(SharedEnvironment.pick({ KEYTRAIL_OWNER_DATABASE_URL_FILE: true }), process.env);
await migrate(env.KEYTRAIL_OWNER_DATABASE_URL_FILE, [...JOURNAL_STEPS, ...KEY_STEPS]);
