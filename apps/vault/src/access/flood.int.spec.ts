/** A caller who asks for more than a vault can release keeps nobody else from their values. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { LIMITS } from '@keytrail/contracts';
import { type Asker, codeOf } from '../caller.fixture.js';
import { openVaultFixture, type VaultFixture } from '../vault.fixture.js';

// Real servers on a busy machine; nothing here depends on how long anything takes.
jest.setTimeout(180_000);

const reference = 'tenant.acme.openai.key';

let vault: VaultFixture;
let chatbot: Asker;
beforeAll(async () => {
  vault = await openVaultFixture();
  await vault.admin.ask('workspace.create', { slug: 'acme' });
  await vault.admin.ask('secret.create', { reference, sealedValue: await vault.seal(reference, 'the value') });
  chatbot = await vault.caller('service');
});
afterAll(async () => vault?.close());

/** What is under way when somebody asks, and comes to be before they are answered: a few commits of all that wait. */
const BETWEEN = 4 * LIMITS.commitItems;

interface Flood {
  readonly operation: string;
  readonly body: object;
  /** How many values each of its requests releases. */
  readonly values: number;
}

const items = Array.from({ length: 100 }, () => ({ reference }));

it.each<readonly [requests: number, what: string, flood: Flood]>([
  [20, 'decrypts', { operation: 'secret.decrypt', body: { reference }, values: 1 }],
  [10, 'batches of a hundred', { operation: 'secret.decrypt_batch', body: { items }, values: items.length }],
])('serves each of %i requests of somebody else’s while it is flooded with %s', async (requests, _, flood) => {
  let [released, turnedAway, isOver] = [0, 0, false];
  const lane = async (): Promise<void> => {
    while (!isOver) {
      const code = codeOf(await chatbot.ask(flood.operation, flood.body));
      if (code === 'ok') released += flood.values;
      if (code !== 'service.overloaded') continue;
      turnedAway++;
      await sleep(1_000);
    }
  };
  const flooding = Promise.all(Array.from({ length: LIMITS.queueLength * 1.25 }, lane));
  while (released === 0 || turnedAway === 0) await sleep(10);
  const told = [];
  for (let n = 0; n < requests; n++) {
    const before = released;
    const code = codeOf(await vault.billing.ask('secret.decrypt', { reference }));
    told.push({ code, between: released - before });
  }
  isOver = true;
  await flooding;
  expect(told.filter(({ code, between }) => code !== 'ok' || between > BETWEEN)).toEqual([]);
});
