/** Sets a system up: the keys it begins with, the processes it consists of, and its first administrator. */
import {
  type Principal,
  type PrincipalEvent,
  principalStream,
  SYSTEM_WORKSPACE,
  type SystemRole,
  type RoleBinding,
} from '@keytrail/contracts';
import { principalFrom, type RootKey, uuidv7 } from '@keytrail/crypto';
import type { RequestFacts } from '@keytrail/eventsourcing';
import { type Database, postgresJournal } from '@keytrail/postgres';
import { sql } from 'kysely';
import type { BootstrapPlan, FixedService } from './bootstrap-plan.js';
import { Keyring } from './key/keyring.js';
import { ensureVaultKeys } from './key/vault-keys.js';
import { principalDecisions } from './principal/principal.change.js';
import { PrincipalStore } from './principal/principal.store.js';
import { mintToken } from './principal/token.mint.js';
import type { VaultJournal } from './vault.ports.js';

const SYSTEM_KEYS_LOCK = 7_265_745;

/** Somebody new with their token, which nobody else knows. */
export interface NewAdministrator {
  readonly principal: Principal;
  readonly token: string;
}

/** `admin` is null where an earlier bootstrap has made one. */
export interface Bootstrapped {
  readonly vaultKey: string;
  readonly admin: NewAdministrator | null;
}

/** The plan cannot be carried out on this system; `message` says why and what to do. */
export class BootstrapRefused extends Error {
  override readonly name = 'BootstrapRefused';
}

/**
 * Brings a system up to its plan; any number of these may run, one after the other and at once. There is one first
 * administrator ever: whoever loses all of them recovers one. Throws {@link BootstrapRefused}.
 */
export async function bootstrapVault(parts: {
  readonly database: Database;
  readonly root: RootKey;
  readonly plan: BootstrapPlan;
}): Promise<Bootstrapped> {
  const { database, root, plan } = parts;
  const keyring = new Keyring(database, root);
  await keyring.refuseForeignRoot();
  await ensureSystemKeys(database, keyring);
  const journal = postgresJournal({ service: 'vault', database });
  const { principal } = plan.services.find(({ name }) => name === 'vault') as FixedService;
  for (const service of plan.services) await ensureService(journal, { service, by: principal });
  const { vaultKey } = await ensureVaultKeys({ database, journal, root, principal, nowMs: Date.now() });
  const { displayName } = plan.admin;
  return { vaultKey, admin: await ensureAdministrator({ database, journal, displayName, by: principal }) };
}

/** Mints the keys of what belongs to no workspace, once; any number of processes may call it at once. */
export async function ensureSystemKeys(database: Database, keyring: Keyring): Promise<void> {
  await database.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${SYSTEM_KEYS_LOCK})`.execute(tx);
    if ((await keyring.of(SYSTEM_WORKSPACE)) !== null) return;
    const keys = await keyring.mint(SYSTEM_WORKSPACE);
    await keys.store(tx);
  });
}

async function ensureService(
  journal: VaultJournal,
  { service, by }: { readonly service: FixedService; readonly by: Principal },
): Promise<void> {
  const { name, principal, nkey, role } = service;
  const outcome = await principalDecisions(journal)({
    principal,
    command: { type: 'SetUpPrincipal', kind: 'service', nkey, roles: role === undefined ? [] : [everywhere(role)] },
    facts: setUpFacts(by, name),
    names: { displayName: name, outsideName: null, nkey },
  });
  if (!outcome.ok) throw new BootstrapRefused(`${name} cannot be set up: ${outcome.rejection.message}`);
}

/**
 * Null where there is one, or was one before. Their principal follows from the vault's, so that two bootstraps at once
 * make the same one, and one of them wins.
 */
export async function ensureAdministrator(parts: {
  readonly database: Database;
  readonly journal: VaultJournal;
  readonly displayName: string;
  readonly by: Principal;
}): Promise<NewAdministrator | null> {
  const { database, journal, displayName, by } = parts;
  const principal = principalFrom('principal', by, 'first administrator') as Principal;
  if (await new PrincipalStore(database).hasAdministrator()) return null;
  const earlier = await journal.load<PrincipalEvent>(principalStream(principal));
  if (earlier.length > 0) return null;
  const { token, toStore } = mintToken('bootstrap');
  const { tokenId } = toStore;
  const outcome = await principalDecisions(journal)({
    principal,
    command: { type: 'SetUpPrincipal', kind: 'user', roles: [everywhere('internal_admin')], token: { tokenId } },
    facts: setUpFacts(by, displayName),
    names: { displayName, outsideName: null },
    token: toStore,
  });
  if (!outcome.ok) throw new BootstrapRefused(`no administrator can be made: ${outcome.rejection.message}`);
  const isOurs = outcome.history.some(({ event }) => event.type === 'TokenIssued' && event.data.tokenId === tokenId);
  return isOurs ? { principal, token } : null;
}

const everywhere = (role: SystemRole | 'internal_admin'): RoleBinding => ({ role, workspace: SYSTEM_WORKSPACE });

const setUpFacts = (principal: Principal, display: string): RequestFacts => ({
  workspace: SYSTEM_WORKSPACE,
  principal,
  requestId: uuidv7(),
  detail: { names: { display } },
});
