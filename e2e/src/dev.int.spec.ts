/** `npm run dev` in a clone: what is edited runs a moment later, and what does not compile is told. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { until } from './stage.fixture.js';
import { makeClone, ownAccount, type Clone, type Started } from './two-clones.fixture.js';

let clone: Clone;
let dev: Started;
beforeAll(async () => {
  clone = await makeClone(ownAccount);
  dev = await clone.dev();
  await untilSaid('watching the sources');
}, 240_000);
afterAll(() => clone?.remove(), 60_000);

function edit(file: string, from: string, to: string): void {
  const whole = path.join(clone.folder, file);
  const source = fs.readFileSync(whole, 'utf8');
  expect(source).toContain(from);
  fs.writeFileSync(whole, source.replace(from, to));
}

/** The OpenAPI document of the gateway that runs now; nothing while none does. */
async function document(): Promise<string> {
  const { gatewayUrl, adminToken } = clone.devFile();
  const asked = fetch(`${gatewayUrl}/api/openapi.json`, { headers: { authorization: `Bearer ${adminToken}` } });
  return asked.then((answer) => answer.text()).catch(() => '');
}

const untilSaid = (text: string) =>
  until(
    () => dev.said(),
    (said) => said.includes(text),
  );
const untilServed = (text: string) => until(document, (served) => served.includes(text));

const source = 'apps/gateway/src/openapi/openapi.document.ts';

it('an edited app is started anew, alone', async () => {
  const { pids } = clone.devFile();
  edit(source, "title: 'Keytrail'", "title: 'Keytrail, edited'");
  await untilServed('"title":"Keytrail, edited"');
  await untilSaid('runs what was edited: gateway');
  expect(clone.devFile().pids).toEqual({ ...pids, gateway: expect.any(Number) });
  expect(clone.devFile().pids.gateway).not.toBe(pids.gateway);
}, 120_000);

it('what does not compile is told, and the service runs on as it was', async () => {
  const { pids } = clone.devFile();
  edit(source, "title: 'Keytrail, edited'", 'title: 7 as string');
  await untilSaid('error TS');
  expect(clone.devFile().pids).toEqual(pids);
  expect(await document()).toContain('Keytrail, edited');
  edit(source, 'title: 7 as string', "title: 'Keytrail, mended'");
  await untilServed('"title":"Keytrail, mended"');
}, 120_000);

it('a service that does not come up is named, and runs again once it is mended', async () => {
  const { pids } = clone.devFile();
  edit(source, "RequestId.parse('deploy-42')", "RequestId.parse('no id')");
  await untilSaid('gateway did not come back');
  edit(source, "RequestId.parse('no id')", "RequestId.parse('deploy-43')");
  await untilServed('"requestId":"deploy-43"');
  expect(clone.devFile().pids).toEqual({ ...pids, gateway: expect.any(Number) });
}, 120_000);

it('an edited lib starts every service anew, and Ctrl-C ends it all', async () => {
  const { pids } = clone.devFile();
  edit('libs/contracts/src/limits.ts', 'pageDefaultItems: 50', 'pageDefaultItems: 51');
  await untilServed('"default":51');
  await untilSaid('runs what was edited: vault');
  for (const name of ['vault', 'audit', 'gateway'] as const) expect(clone.devFile().pids[name]).not.toBe(pids[name]);
  expect(await dev.interrupt()).toMatchObject({ code: 0 });
  expect(clone.processes()).toEqual([]);
}, 120_000);
