/** The users of promise 15: they store and obtain values as they should, and put them wherever they should not. */
import { once } from 'node:events';
import http from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { SealingKeys } from '@keytrail/contracts';
import { sha256Hex } from '@keytrail/crypto';
import { gatewayApi } from '../gateway-api.js';
import type { System } from '../system.js';
import type { Canary } from './15-canaries.js';
import { misplacedOverHttp, misplacedOverNats, type WireRequest } from './15-misplaced.js';
import { connectAs } from '../local-callers.js';
import { inLanes } from './patiently.js';
import { requesterOf } from '../requester.js';
import { sealedValue } from './sealed-value.js';

const AT_ONCE = 4;
const PATIENCE_MS = 10_000;

const nameOf = (workspace: string, n: number) => `tenant.${workspace}.provider.key_${n}`;

/** How many were obtained as they were stored, as text, as base64, and sealed by their owner. */
export async function storeAndObtain(system: System, workspace: string, canaries: readonly Canary[]): Promise<number> {
  const api = gatewayApi(system);
  const client = await connectAs(system, 'billing');
  const published = await api.get<SealingKeys>('/sealing-key');
  let intact = 0;
  try {
    await inLanes(canaries.length, AT_ONCE, async (n) => {
      const { value } = canaries[n] as Canary;
      const [reference, digest] = [nameOf(workspace, n), sha256Hex(Buffer.from(value))];
      await api.post('/secrets', { reference, value: { text: value } });
      using first = await client.decrypt(reference, { timeoutMs: PATIENCE_MS });
      const base64 = Buffer.from(value).toString('base64');
      await api.post(`/secrets/${reference}/versions`, { value: { base64 } });
      using second = await client.decrypt(reference, { timeoutMs: PATIENCE_MS, purpose: 'search' });
      await api.post(`/secrets/${reference}/versions`, { sealedValue: sealedValue(published, reference, value) });
      using third = await client.decrypt(reference, { timeoutMs: PATIENCE_MS });
      if ([first, second, third].every(({ bytes }) => sha256Hex(bytes) === digest)) intact++;
    });
  } finally {
    await client.close();
  }
  return intact;
}

/** All that was answered, as it came over the wire. */
export async function misplace(
  system: System,
  workspace: string,
  canaries: readonly Canary[],
): Promise<readonly Buffer[]> {
  const around = { known: nameOf(workspace, 0), absent: `tenant.${workspace}.provider.absent` };
  const where = { service: 'vault', workspace, aggregate: 'secret', verb: 'decrypt' } as const;
  const billing = await requesterOf(system, 'billing');
  const answers: Buffer[] = [];
  try {
    await inLanes(canaries.length, AT_ONCE, async (n) => {
      const canary = canaries[n] as Canary;
      for (const request of misplacedOverHttp(canary, around).values()) answers.push(await send(system, request, n));
      for (const body of misplacedOverNats(canary, around))
        answers.push(Buffer.from(JSON.stringify(await billing.rpc.request({ ...where, body }))));
    });
  } finally {
    await billing.close();
  }
  return answers;
}

/**
 * No client that knows better comes between. Answers status line, headers and body. Each user has an address of their
 * own, for the gateway lets one fail ten times a minute.
 */
async function send({ gatewayUrl, adminToken }: System, request: WireRequest, user: number): Promise<Buffer> {
  const { method, path, body, headers } = request;
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  const sent = http.request(gatewayUrl, {
    method,
    path: `/api/v1${path}`,
    agent: false,
    localAddress: `127.15.${user >> 8}.${user & 255}`,
    headers: { authorization: `Bearer ${adminToken}`, ...json, ...headers },
  });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [http.IncomingMessage];
  const { statusCode, statusMessage, rawHeaders } = response;
  return Buffer.concat([
    Buffer.from([statusCode, statusMessage, ...rawHeaders, ''].join('\n')),
    await buffer(response),
  ]);
}
