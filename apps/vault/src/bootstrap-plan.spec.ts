/** What a bootstrap takes for a plan. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mintPrincipal } from '@keytrail/crypto';
import { type TemporaryFolder, temporaryFolder } from '@keytrail/testing';
import { BootstrapPlanFile } from './bootstrap-plan.js';

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

const vault = { name: 'vault', principal: mintPrincipal(), nkey: `U${'A'.repeat(55)}` };
const audit = { name: 'audit', principal: mintPrincipal(), nkey: `U${'B'.repeat(55)}`, role: 'backend' };
const plan = { services: [vault, audit], admin: { displayName: 'Ada Lovelace' } };

async function read(text: string) {
  const file = path.join(folder.path, 'plan.json');
  await fs.writeFile(file, text);
  return BootstrapPlanFile.safeParse(file);
}

it('a plan is read from its file', async () => {
  expect(await read(JSON.stringify(plan))).toMatchObject({ success: true, data: plan });
});

it.each([
  ['that is missing', () => BootstrapPlanFile.safeParse(path.join(folder.path, 'none')), 'ENOENT'],
  ['that is not JSON', () => read('{'), 'not valid JSON'],
  ['without the vault', () => read(JSON.stringify({ ...plan, services: [audit] })), 'lacks the service vault'],
  ["with people's role", () => read(JSON.stringify(plan).replace('backend', 'internal_admin')), 'services.1.role'],
])('a plan is refused from a file %s', async (_, reading, message) => {
  const { error } = await reading();
  expect(error?.issues[0]?.message).toContain(message);
});
