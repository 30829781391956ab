/** How many audited decrypts a second one vault releases, against a bare echo of the same sizes over the same bus. */
import path from 'node:path';
import type { DecryptReply, RpcReply } from '@keytrail/contracts';
import type { RpcCall, RpcClient } from '@keytrail/nats';
import { canarySecret, temporaryFolder } from '@keytrail/testing';
import type { Client } from 'pg';
import { gatewayApi } from '../gateway-api.js';
import { requesterOf } from '../requester.js';
import { startSystem, type System } from '../system.js';
import { startEcho } from './echo.js';
import { median, quantile, round, type Round } from './rounds.js';
import { postgresSettings, surroundings, withDatabase } from './surroundings.js';

const IN_FLIGHT = 64;
const ROUNDS = 5;
const ROUND_MS = 2_000;
const WARM_UP_MS = 1_000;
const REFERENCE = 'tenant.acme.openai.prod';

type Say = (line: string) => void;

export async function benchDecrypt(say: Say, signal: AbortSignal) {
  const folder = await temporaryFolder();
  try {
    say('starting a Keytrail of its own, and an echo beside it');
    const system = await startSystem({
      dir: path.join(folder.path, 'keytrail'),
      throwaway: true,
      onNotice: say,
      signal,
    });
    try {
      return await withDatabase(system.databaseUrl('vault'), (database) =>
        measure({ system, database, echoDir: path.join(folder.path, 'echo'), say, signal }),
      );
    } finally {
      await system.stop();
    }
  } finally {
    await folder.remove();
  }
}

interface Bench {
  readonly system: System;
  readonly database: Client;
  readonly echoDir: string;
  readonly say: Say;
  readonly signal: AbortSignal;
}

const call: RpcCall = {
  service: 'vault',
  workspace: 'acme',
  aggregate: 'secret',
  verb: 'decrypt',
  body: { reference: REFERENCE },
};

/** Nobody but a caller may decrypt, and the echo's asker is none; the name is as long. */
const echoed: RpcCall = { ...call, verb: 'resound' };

async function measure({ system, database, echoDir, say, signal }: Bench) {
  const around = surroundings();
  const value = canarySecret('openai', 'bench');
  await storeKey(system, value);
  const billing = await requesterOf(system, 'billing');
  const sample = await billing.rpc.request<DecryptReply>(call);
  const echo = await startEcho(echoDir, sample);
  try {
    const before = await countDecrypts(database);
    const { echoes, decrypts, warmedUp } = await alternate({ echo: echo.rpc, vault: billing.rpc, say, signal });
    const committedEvents = (await countDecrypts(database)) - before;
    const released = warmedUp + decrypts.reduce((sum, { done }) => sum + done, 0);
    const postgres = await postgresSettings(database);
    return {
      ...figures(echoes, decrypts),
      committedEvents,
      released,
      addsUp: committedEvents === released,
      fsync: postgres['fsync'] === 'on',
      valueBytes: value.length,
      requestBytes: JSON.stringify(call.body).length,
      replyBytes: JSON.stringify(sample).length,
      rounds: ROUNDS,
      roundMs: ROUND_MS,
      postgres,
      ...around,
    };
  } finally {
    await echo.stop();
    await billing.close();
  }
}

async function storeKey(system: System, value: string): Promise<void> {
  const api = gatewayApi(system);
  await api.post('/workspaces', { slug: 'acme' });
  await api.post('/secrets', { reference: REFERENCE, value: { text: value } });
}

async function countDecrypts(database: Client): Promise<number> {
  const { rows } = await database.query<{ count: string }>(
    `select count(*) from access_journal where type = 'SecretDecrypted'`,
  );
  return Number(rows[0]?.count);
}

interface Turns {
  readonly echo: Pick<RpcClient, 'request'>;
  readonly vault: RpcClient;
  readonly say: Say;
  readonly signal: AbortSignal;
}

/** Limit and subject take turns, so that whatever else the machine does meets both. */
async function alternate({ echo, vault, say, signal }: Turns) {
  const load = (ask: () => Promise<RpcReply>, forMs: number) =>
    round({ inFlight: IN_FLIGHT, forMs, signal, request: async () => refuseRefusal(await ask()) });
  const [echoing, decrypting] = [() => echo.request(echoed), () => vault.request(call)];
  await load(echoing, WARM_UP_MS);
  const { done: warmedUp } = await load(decrypting, WARM_UP_MS);
  const [echoes, decrypts]: [Round[], Round[]] = [[], []];
  for (let n = 1; n <= ROUNDS; n++) {
    const [limit, subject] = [await load(echoing, ROUND_MS), await load(decrypting, ROUND_MS)];
    echoes.push(limit);
    decrypts.push(subject);
    const [perEcho, perDecrypt] = [limit, subject].map(({ perSecond }) => Math.round(perSecond));
    say(`round ${n} of ${ROUNDS}: ${perEcho} echoes/s, ${perDecrypt} decrypts/s`);
  }
  return { echoes, decrypts, warmedUp };
}

function refuseRefusal(reply: RpcReply): void {
  if (!reply.ok) throw new Error(`a request was refused: ${reply.error.code}, ${reply.error.message}`);
}

function figures(echoes: readonly Round[], decrypts: readonly Round[]) {
  const rates = (rounds: readonly Round[]) => rounds.map(({ perSecond }) => Math.round(perSecond));
  const ratios = decrypts.map(({ perSecond }, i) => perSecond / (echoes[i]?.perSecond ?? Number.NaN));
  const tookMs = decrypts.flatMap((of) => of.tookMs);
  const rounded = (figure: number) => Math.round(figure * 1_000) / 1_000;
  const spread = (values: readonly number[]) => [Math.min(...values), Math.max(...values)].map(rounded);
  return {
    name: 'decrypt',
    echoPerSecond: median(rates(echoes)),
    decryptsPerSecond: median(rates(decrypts)),
    ratio: rounded(median(ratios)),
    p50Ms: rounded(quantile(tookMs, 0.5)),
    p99Ms: rounded(quantile(tookMs, 0.99)),
    inFlight: IN_FLIGHT,
    spread: { echoPerSecond: spread(rates(echoes)), decryptsPerSecond: spread(rates(decrypts)), ratio: spread(ratios) },
  };
}
