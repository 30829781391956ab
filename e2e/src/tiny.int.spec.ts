/** Whoever has read docs/protocol.md, and nothing else of ours, comes in, opens a session and obtains values. */
import fs from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { canarySecret } from '@keytrail/testing';
import { query } from './fault-ledger.fixture.js';
import { closeStage, openStage, until, type Stage } from './stage.fixture.js';
import { openTinyClient, type TinyClient } from './tiny-client.fixture.js';

const reference = 'tenant.acme.openai.prod';
const value = canarySecret('openai', 'tiny');

let stage: Stage;
let tiny: TinyClient;
beforeAll(async () => {
  stage = await openStage();
  await stage.ask('POST', '/workspaces', { body: { slug: 'acme' } });
  await stage.ask('POST', '/secrets', { body: { reference, value: { text: value } } });
  tiny = await openTinyClient(told());
});
afterAll(() => tiny?.close());
afterAll(closeStage);

function told() {
  const { natsUrl: url, vaultKey, callers } = stage.system;
  return { url, vaultKey, token: fs.readFileSync(callers.billing.tokenFile, 'utf8') };
}

it('obtains what was stored, with a receipt that the audit knows', async () => {
  expect(tiny.principal).toBe(stage.system.callers.billing.principal);
  const obtained = await tiny.decrypt(reference);
  expect([obtained.value.toString(), obtained.version]).toEqual([value, 1]);
  const entries = await until(
    () => stage.entries(`reference=${reference}&action=decrypt`),
    ({ length }) => length > 0,
  );
  const { principal } = tiny;
  expect(entries).toMatchObject([{ id: obtained.receipt.eventId, principal, actor: 'billing', ip: '127.0.0.1' }]);
});

it('is refused what it may not, in words that the vault has sealed', async () => {
  await expect(tiny.decrypt('tenant.acme.openai.absent')).rejects.toThrow(/^secret\.unavailable: /);
  const reply = await tiny.request('_system.principal.list', {});
  expect(reply).toMatchObject({ ok: false, error: { code: 'access.denied', retryable: false } });
});

it('goes on in a new session where the vault knows nothing of the old one', async () => {
  const sessions = async () => {
    const opened = await stage.entries(`principal=${tiny.principal}&action=session_opened`);
    return opened.length;
  };
  const before = await sessions();
  await query(stage.system.databaseUrl('vault'), 'truncate session cascade');
  await stage.system.restart('vault');
  expect((await tiny.decrypt(reference)).value.toString()).toBe(value);
  expect(await until(sessions, (now) => now > before)).toBe(before + 1);
});

it('tells nothing to a vault that is not the one that it was told of', async () => {
  const stranger = await openTinyClient({ ...told(), vaultKey: `kv_${Buffer.alloc(32, 7).toString('base64url')}` });
  await expect(stranger.decrypt(reference)).rejects.toThrow('no sealing key is signed by the vault');
  await stranger.close();
});
