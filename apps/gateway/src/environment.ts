/** What the gateway reads from its environment. */
import { Digest } from '@keytrail/contracts';
import { SharedEnvironment } from '@keytrail/service';
import type { z } from 'zod';

export const Environment = SharedEnvironment.pick({
  KEYTRAIL_NATS_URL: true,
  KEYTRAIL_NATS_RPC_SEED_FILE: true,
  KEYTRAIL_PRINCIPAL: true,
  KEYTRAIL_HOST: true,
  KEYTRAIL_HTTP_PORT: true,
}).extend({
  KEYTRAIL_ADMIN_TOKEN_SHA256: Digest.describe("the SHA-256 of the administrator's token, in lower-case hexadecimal"),
});
export type Environment = z.infer<typeof Environment>;
