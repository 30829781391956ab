/** A service that asks for thousands of values at once obtains them all, and keeps nobody else waiting behind it. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Decrypted } from '@keytrail/client';
import { requesterOf } from '@keytrail/scripts/system';
import { canarySecret, samplesOf } from '@keytrail/testing';
import { query } from './fault-ledger.fixture.js';
import { closeStage, openStage, type Stage } from './stage.fixture.js';

const reference = 'tenant.acme.openai.prod';
const value = canarySecret('openai', 'flood');

/** Half as much again as a vault takes in. */
const AT_ONCE = 6_000;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  await stage.ask('POST', '/workspaces', { body: { slug: 'acme' } });
  await stage.ask('POST', '/secrets', { body: { reference, value: { text: value } } });
});
afterAll(closeStage);

/** How many requests the vault has turned away so far. */
async function turnedAway(): Promise<number> {
  const page = await (await fetch(new URL('/metrics', stage.system.health.vault))).text();
  return samplesOf(page)
    .filter(
      ({ name, labels }) => name === 'keytrail_rpc_request_seconds_count' && labels['code'] === 'service.overloaded',
    )
    .reduce((sum, sample) => sum + sample.value, 0);
}

const textOf = (obtained: Decrypted): string => {
  using held = obtained;
  return held.text();
};

it('obtains each of them by asking again, and whoever asks in between is served the first time', async () => {
  const chatbot = await stage.caller('chatbot');
  // Without the client, which would ask again.
  const billing = await requesterOf(stage.system, 'billing');
  const call = { service: 'vault', workspace: 'acme', aggregate: 'secret', verb: 'decrypt', body: { reference } };
  const ask = () => billing.rpc.request({ ...call, deadlineMs: Date.now() + 10_000 });
  expect([textOf(await chatbot.decrypt(reference)), (await ask()).ok]).toEqual([value, true]);
  expect(await turnedAway()).toBe(0);
  let isOver = false;
  const flood = Promise.all(
    Array.from({ length: AT_ONCE }, () => chatbot.decrypt(reference, { timeoutMs: 10_000 }).then(textOf)),
  ).finally(() => void (isOver = true));
  const between = [];
  while (!isOver) between.push(await ask());
  await billing.close();
  expect(between.filter((reply) => !reply.ok)).toEqual([]);
  expect(new Set(await flood)).toEqual(new Set([value]));
  expect(await turnedAway()).toBeGreaterThan(0);
  const { system } = stage;
  const accesses = await query<{ principal: string; count: number }>(
    system.databaseUrl('vault'),
    `select convert_from(body, 'utf8')::jsonb ->> 'principal' as principal, count(*)::int as count
       from access_journal where type = 'SecretDecrypted' group by 1 order by 2 desc`,
  );
  expect(accesses).toEqual([
    { principal: system.callers.chatbot.principal, count: AT_ONCE + 1 },
    { principal: system.callers.billing.principal, count: between.length + 1 },
  ]);
});
