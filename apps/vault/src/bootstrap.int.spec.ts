/** A system is set up, again and again, and is given an administrator where all are lost. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { PrincipalEvent, SystemRole } from '@keytrail/contracts';
import { KEY_STREAM, Principal, principalStream, VaultKey } from '@keytrail/contracts';
import {
  loadRootKey,
  localRootKey,
  mintPrincipal,
  mintRootKeyFile,
  parseApiToken,
  randomBytes,
  type RootKey,
} from '@keytrail/crypto';
import type { DomainEvent } from '@keytrail/eventsourcing';
import { type Database, postgresJournal, postgresJournalReader } from '@keytrail/postgres';
import { BootstrapPlan } from './bootstrap-plan.js';
import { BootstrapRefused, bootstrapVault, ensureAdministrator } from './bootstrap-vault.js';
import { powersOf } from '@keytrail/access';
import {
  openPrincipalFixture,
  type PrincipalFixture,
  rpcOf,
  startReplica,
  valueOf,
} from './principal/principal.fixture.js';
import { recoverAdministrator, RecoveryRefused } from './recover-admin.js';

let fixture: PrincipalFixture;
let database: Database;
let url: string;
let rootText: string;
let root: RootKey;

beforeAll(async () => {
  fixture = await openPrincipalFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  ({ database, url } = await fixture.another());
  rootText = mintRootKeyFile();
  root = loadRootKey(rootText);
});

const service = (name: string, letter: string, role?: SystemRole) => ({
  name,
  principal: mintPrincipal(),
  nkey: `U${letter.repeat(55)}`,
  ...(role && { role }),
});
const plan = BootstrapPlan.parse({
  services: [service('vault', 'A'), service('gateway', 'B', 'gateway'), service('audit', 'C', 'backend')],
  admin: { displayName: 'Ada Lovelace' },
});
const [vault, gateway] = plan.services as [(typeof plan.services)[0], (typeof plan.services)[0]];
const bootstrap = (changed = plan, withRoot = root) => bootstrapVault({ database, root: withRoot, plan: changed });
const recover = (withRoot = root) => recoverAdministrator({ database, root: withRoot, reason: 'the laptop is gone' });

const load = <E extends DomainEvent>(stream: string) => postgresJournal({ service: 'vault', database }).load<E>(stream);
const countEvents = async () =>
  (await postgresJournalReader(database).readAfter({ tx: '0', position: '0' }, 1_000)).length;

/** What somebody may who shows this token, looked up as the vault does. */
async function powersByToken(token: string) {
  const replica = await startReplica(database, root);
  const shown = parseApiToken(token);
  const known = await replica.directory.byToken(shown?.tokenId as string);
  const facts = known && (await replica.directory.of(known.principal));
  await replica.close();
  if (!facts || known?.sha256Hex !== shown?.sha256Hex) return null;
  return powersOf(facts.state, { tokenId: shown?.tokenId as never }, Date.now());
}
const everything = {
  ok: true,
  powers: { roles: [{ role: 'internal_admin', workspace: '_system' }] },
  validUntil: null,
};

async function suspend(principal: Principal): Promise<void> {
  const replica = await startReplica(database, root);
  valueOf(await replica.principals.suspend({ principal }, rpcOf('principal.suspend')));
  await replica.close();
}

describe('a bootstrap', () => {
  it('makes the keys, the services and one administrator with a token', async () => {
    const { vaultKey, admin } = await bootstrap();
    expect(VaultKey.safeParse(vaultKey).success).toBe(true);
    expect(await powersByToken(admin?.token as string)).toEqual(everything);
    const replica = await startReplica(database, root);
    expect(await replica.directory.byNkey(gateway.nkey)).toBe(gateway.principal);
    expect(await replica.directory.of(gateway.principal)).toMatchObject({
      kind: 'service',
      displayName: 'gateway',
      state: { nkey: gateway.nkey, roles: [{ role: 'gateway', workspace: '_system' }] },
    });
    expect(await replica.directory.of(vault.principal)).toMatchObject({ displayName: 'vault', state: { roles: [] } });
    await replica.close();
    const [created] = await load(KEY_STREAM);
    expect(created?.principal).toBe(vault.principal);
  });

  it('adds nothing when it is repeated', async () => {
    const { vaultKey } = await bootstrap();
    const before = await countEvents();
    expect(await bootstrap()).toEqual({ vaultKey, admin: null });
    expect(await countEvents()).toBe(before);
  });

  it('makes one administrator and one set of keys where several run at once', async () => {
    const outcomes = await Promise.all([bootstrap(), bootstrap(), bootstrap(), bootstrap()]);
    expect(new Set(outcomes.map(({ vaultKey }) => vaultKey)).size).toBe(1);
    expect(outcomes.filter(({ admin }) => admin !== null)).toHaveLength(1);
  });

  it('tells one token where many make the administrator in the same moment', async () => {
    const journal = postgresJournal({ service: 'vault', database });
    const make = () => ensureAdministrator({ database, journal, displayName: 'Ada Lovelace', by: vault.principal });
    const made = await Promise.all(Array.from({ length: 8 }, make));
    const [only, ...others] = made.filter((admin) => admin !== null);
    expect(others).toEqual([]);
    expect(await powersByToken(only?.token as string)).toEqual(everything);
  });

  it('binds a role that the plan has gained', async () => {
    await bootstrap();
    const services = [{ ...vault, role: 'backend' as const }, gateway];
    await bootstrap({ ...plan, services });
    const events = (await load<PrincipalEvent>(principalStream(vault.principal))).map(({ event }) => event.type);
    expect(events).toEqual(['PrincipalRegistered', 'RoleBound']);
  });

  it("refuses another nkey for a service that it knows, and a service's nkey for another principal", async () => {
    await bootstrap();
    const changed = { ...gateway, nkey: `U${'D'.repeat(55)}` };
    await expect(bootstrap({ ...plan, services: [vault, changed] })).rejects.toThrow(
      'gateway cannot be set up: the principal is registered with another nkey',
    );
    const moved = { ...gateway, principal: Principal.parse(mintPrincipal()) };
    await expect(bootstrap({ ...plan, services: [vault, moved] })).rejects.toThrow(BootstrapRefused);
  });

  it('makes no second administrator in place of one that was suspended: that is a recovery', async () => {
    const { admin } = await bootstrap();
    await suspend(admin?.principal as Principal);
    expect(await bootstrap()).toMatchObject({ admin: null });
  });

  it('makes no second administrator for a vault that goes by a new principal', async () => {
    await bootstrap();
    const moved = { ...vault, principal: Principal.parse(mintPrincipal()), nkey: `U${'E'.repeat(55)}` };
    expect(await bootstrap({ ...plan, services: [moved] })).toMatchObject({ admin: null });
  });

  it('refuses another root key than the one that the stored keys are wrapped by', async () => {
    await bootstrap();
    await expect(bootstrap(plan, localRootKey(randomBytes(32)))).rejects.toThrow('hand in that root key');
  });
});

describe('a recovery', () => {
  it('makes an administrator beside those that are lost, and the event tells that and why', async () => {
    const { admin } = await bootstrap();
    await suspend(admin?.principal as Principal);
    const recovered = await recover();
    expect(await powersByToken(recovered.token)).toEqual(everything);
    expect(recovered.principal).not.toBe(admin?.principal);
    const stream = await load<PrincipalEvent>(principalStream(recovered.principal));
    expect(stream.map(({ event, principal }) => [principal, event.type, event.data])).toEqual([
      [vault.principal, 'PrincipalRegistered', { kind: 'user' }],
      [vault.principal, 'RoleBound', { role: 'internal_admin', workspace: '_system', recovery: true }],
      [vault.principal, 'TokenIssued', { tokenId: parseApiToken(recovered.token)?.tokenId }],
    ]);
    const stored = await postgresJournalReader(database).readAfter({ tx: '0', position: '0' }, 1_000);
    const bound = stored.find(({ id }) => id === stream[1]?.id);
    const detail = JSON.parse(bound?.detail as string) as object;
    expect(detail).toEqual({ names: { display: 'Recovered administrator' }, text: 'the laptop is gone' });
  });

  it('is refused to whoever has another root key, and changes nothing', async () => {
    await bootstrap();
    const before = await countEvents();
    await expect(recover(localRootKey(randomBytes(32)))).rejects.toThrow(RecoveryRefused);
    expect(await countEvents()).toBe(before);
  });

  it('is refused where nothing was ever set up', async () => {
    await expect(recover()).rejects.toThrow(RecoveryRefused);
  });
});

describe('the programs', () => {
  it('set a vault up and recover it, by what their environment tells, and leave it to a file', async () => {
    const own = async (name: string, text: string) => {
      const file = path.join(fixture.folder, name);
      await fs.writeFile(file, text, { mode: 0o600 });
      return file;
    };
    const out = (name: string) => path.join(fixture.folder, name);
    Object.assign(process.env, {
      KEYTRAIL_DATABASE_URL_FILE: await own('url', url),
      KEYTRAIL_ROOT_KEY_FILE: await own('root.key', rootText),
      KEYTRAIL_BOOTSTRAP_FILE: await own('plan.json', JSON.stringify(plan)),
      KEYTRAIL_BOOTSTRAP_OUT: out('bootstrapped.json'),
      KEYTRAIL_RECOVERY_REASON: 'the laptop is gone',
      KEYTRAIL_RECOVERY_OUT: out('recovered.json'),
    });
    await import('./bootstrap.js');
    await import('./recover.js');
    const [made, recovered] = await Promise.all(
      ['bootstrapped.json', 'recovered.json'].map(async (name) => JSON.parse(await fs.readFile(out(name), 'utf8'))),
    );
    expect(await bootstrap()).toEqual({ vaultKey: made.vaultKey, admin: null });
    expect(await powersByToken(made.admin.token)).toEqual(everything);
    expect(await powersByToken(recovered.token)).toEqual(everything);
  });
});
