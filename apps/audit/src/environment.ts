/** What the audit reads from its environment. */
import { SharedEnvironment } from '@keytrail/service';
import type { z } from 'zod';

export const Environment = SharedEnvironment.pick({
  KEYTRAIL_NATS_URL: true,
  KEYTRAIL_NATS_RPC_SEED_FILE: true,
  KEYTRAIL_NATS_EVENTS_SEED_FILE: true,
  KEYTRAIL_PRINCIPAL: true,
  KEYTRAIL_DATABASE_URL_FILE: true,
  KEYTRAIL_HOST: true,
  KEYTRAIL_HEALTH_PORT: true,
});
export type Environment = z.infer<typeof Environment>;

/** The migration's alone: the service never holds its owner's password. */
export const MigrationEnvironment = SharedEnvironment.pick({ KEYTRAIL_OWNER_DATABASE_URL_FILE: true });
