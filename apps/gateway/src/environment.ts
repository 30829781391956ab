/** What the gateway reads from its environment. */
import { isIP } from 'node:net';
import { SharedEnvironment } from '@keytrail/service';
import { z } from 'zod';

/** Comma-separated addresses and networks in CIDR notation. */
const TrustedProxies = z
  .string()
  .transform((list) => list.split(',').map((proxy) => proxy.trim()))
  .refine((proxies) => proxies.every(isNetwork), {
    error: 'is not a list of addresses and networks, such as 10.0.0.7,10.1.0.0/16',
    abort: true,
  })
  .refine((proxies) => !proxies.some((proxy) => /\/0+$/.test(proxy)), 'trusts the whole world: name your proxies');

export const Environment = SharedEnvironment.pick({
  KEYTRAIL_NATS_URL: true,
  KEYTRAIL_NATS_RPC_SEED_FILE: true,
  KEYTRAIL_NATS_CA_FILE: true,
  KEYTRAIL_PRINCIPAL: true,
  KEYTRAIL_VAULT_KEY: true,
  KEYTRAIL_HOST: true,
  KEYTRAIL_HTTP_PORT: true,
  KEYTRAIL_TLS_CERT_FILE: true,
  KEYTRAIL_TLS_KEY_FILE: true,
}).extend({
  /** Who is believed in `X-Forwarded-For`; without it nobody. */
  KEYTRAIL_TRUSTED_PROXIES: TrustedProxies.default([]),
});
export type Environment = z.infer<typeof Environment>;

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
