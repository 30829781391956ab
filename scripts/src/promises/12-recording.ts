/** Everything that goes over the bus while values are stored, obtained and rotated, and what stands in it in clear. */
import type { IssuedToken, SealingKeys } from '@keytrail/contracts';
import { gatewayApi } from '../gateway-api.js';
import { connectAs } from '../local-callers.js';
import { canariesOf, endsOf, everyFormOf, type Canary } from './15-canaries.js';
import { search, type Found } from './15-search.js';
import { recordBus } from './bus-recorder.js';
import { inLanes } from './patiently.js';
import { sealedValue } from './sealed-value.js';
import type { TriedSystem } from './tried-system.js';

export const VALUES_WORKSPACE = 'promise-12-values';

export interface SearchedRecording {
  readonly messages: number;
  readonly bytes: number;
  /** Values and credentials that were on their way. */
  readonly canaries: number;
  /** How many of the stored values were obtained as they were stored. */
  readonly stored: number;
  readonly intact: number;
  /** By number; the two after the last are decoys: one in every form, one that honest requests say in clear. */
  readonly found: readonly Found[];
}

const AT_ONCE = 4;
const PATIENCE_MS = 10_000;
const RANDOM = { type: 'random', value: { length: 32, alphabet: 'abcdefghijkmnpqrstuvwxyz23456789' } };

export async function recordTheBus(system: TriedSystem, seed: string, count: number): Promise<SearchedRecording> {
  const recorder = await recordBus(system);
  const [every, said] = canariesOf(`${seed}/decoys`, 2) as [Canary, Canary];
  recorder.say('drill.decoy', everyFormOf(every));
  const canaries = canariesOf(seed, count);
  const { intact, rotated } = await exchange({ system, canaries, purpose: said.value });
  const credentials = await showCredentials(system);
  const { messages, bytes } = await recorder.stop();

  const secrets = [...canaries.map(({ value }) => value), ...rotated, ...credentials];
  const needles = [...secrets, every.value, said.value].map((value) => endsOf({ value }));
  const owners = needles.flatMap((ends, owner) => ends.map(() => owner));
  const hits = await search([{ place: 'bus', read: async () => bytes }], needles.flat());
  const found = hits.map(({ needle, ...rest }) => ({ ...rest, needle: owners[needle] as number }));
  return { messages, bytes: bytes.length, canaries: secrets.length, stored: count, intact, found };
}

interface Exchange {
  readonly system: TriedSystem;
  readonly canaries: readonly Canary[];
  /** Said with each request to obtain a value: what is asked is no secret. */
  readonly purpose: string;
}

/** Each value goes in as text, as base64 and sealed by its owner, comes out each time, and gives way to another. */
async function exchange({ system, canaries, purpose }: Exchange) {
  const api = gatewayApi(system);
  const client = await connectAs(system, 'billing');
  const rotated: string[] = [];
  let intact = 0;
  const obtain = async (reference: string): Promise<string> => {
    using value = await client.decrypt(reference, { timeoutMs: PATIENCE_MS, purpose: purpose.slice(0, 200) });
    return Buffer.from(value.bytes).toString();
  };
  try {
    await api.post('/workspaces', { slug: VALUES_WORKSPACE });
    const published = await api.get<SealingKeys>('/sealing-key');
    await inLanes(canaries.length, AT_ONCE, async (n) => {
      const { value } = canaries[n] as Canary;
      const reference = `tenant.${VALUES_WORKSPACE}.provider.key_${n}`;
      const obtained: string[] = [];
      await api.post('/secrets', { reference, value: { text: value } });
      obtained.push(await obtain(reference));
      await api.post(`/secrets/${reference}/versions`, { value: { base64: Buffer.from(value).toString('base64') } });
      obtained.push(await obtain(reference));
      await api.post(`/secrets/${reference}/versions`, { sealedValue: sealedValue(published, reference, value) });
      obtained.push(await obtain(reference));
      if (obtained.every((each) => each === value)) intact++;
      await api.post(`/secrets/${reference}/rotate`, { handler: RANDOM });
      rotated.push(await obtain(reference));
    });
  } finally {
    await client.close();
  }
  return { intact, rotated };
}

/** Tokens and JWTs are issued and shown. */
async function showCredentials(system: TriedSystem): Promise<readonly string[]> {
  const api = gatewayApi(system);
  const { gatewayUrl, issuer, adminToken, adminPrincipal } = system;
  const { token, tokenId } = await api.post<IssuedToken>('/access/tokens', {
    principal: adminPrincipal,
    label: 'recorded',
  });
  const jwt = issuer.token('nobody that is known');
  for (const shown of [token as string, jwt])
    await gatewayApi({ gatewayUrl, adminToken: shown })
      .get('/access/me')
      .catch(() => {});
  await api.post(`/access/tokens/${tokenId}/revoke`, {});
  // All JWTs of an issuer begin alike: the signature is what must not be seen.
  return [token as string, adminToken, jwt.slice(jwt.lastIndexOf('.') + 1)];
}
