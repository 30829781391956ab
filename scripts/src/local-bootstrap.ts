/** Sets a local system's vault up: its own processes become known to it, and so does its first administrator. */
import fs from 'node:fs';
import path from 'node:path';
import type { SystemRole } from '@keytrail/contracts';
import type { Identity } from '@keytrail/nats';
import { databaseUrlFile } from './local-databases.js';
import type { LocalKeys } from './local-keys.js';
import { runToEnd } from './service-process.js';
import { repository, writePrivate, type StateFolder } from './state-folder.js';

/** What whoever speaks to the vault has to know. */
export interface LocalAuthority {
  /** `kv_…`, by which the vault is known. */
  readonly vaultKey: string;
  readonly adminPrincipal: string;
  readonly adminToken: string;
}

interface Administrator {
  readonly principal: string;
  readonly token: string;
}

const LOST = 'the file with the administrator’s token was lost; recovered by the local supervisor';

/** Safe to repeat: what stands is kept. An administrator whose token file is gone is recovered with the root key. */
export async function bootstrapLocal(state: StateFolder, keys: LocalKeys): Promise<LocalAuthority> {
  const plan = path.join(state.keys, 'bootstrap-plan.json');
  const outcome = path.join(state.keys, 'bootstrap.json');
  fs.rmSync(outcome, { force: true });
  writePrivate(plan, JSON.stringify({ services: servicesOf(keys), admin: { displayName: 'local administrator' } }));
  await runVaultProgram(state, 'bootstrap', { KEYTRAIL_BOOTSTRAP_FILE: plan, KEYTRAIL_BOOTSTRAP_OUT: outcome });
  const { vaultKey, admin } = readJson(outcome) as { vaultKey: string; admin: Administrator | null };
  const kept = path.join(state.keys, 'admin.json');
  if (admin !== null) writePrivate(kept, JSON.stringify(admin));
  else if (!fs.existsSync(kept)) await recover(state, kept);
  // It may hold the token a second time.
  fs.rmSync(outcome);
  const { principal, token } = readJson(kept) as Administrator;
  writePrivate(state.adminHeader, `Authorization: Bearer ${token}\n`);
  return { vaultKey, adminPrincipal: principal, adminToken: token };
}

function servicesOf({ identities }: LocalKeys) {
  const { vault, rotation, audit, anomaly, gateway } = identities;
  const service = (name: string, { principal, publicKey: nkey }: Identity, role?: SystemRole) => ({
    name,
    principal,
    nkey,
    ...(role && { role }),
  });
  return [
    service('vault', vault.rpc),
    service('rotation', rotation.rpc, 'rotation_scheduler'),
    service('audit', audit.rpc, 'backend'),
    service('anomaly', anomaly.rpc, 'backend'),
    service('gateway', gateway.rpc, 'gateway'),
  ];
}

const recover = (state: StateFolder, file: string) =>
  runVaultProgram(state, 'recover', { KEYTRAIL_RECOVERY_REASON: LOST, KEYTRAIL_RECOVERY_OUT: file });

async function runVaultProgram(
  state: StateFolder,
  program: 'bootstrap' | 'recover',
  told: Readonly<Record<string, string>>,
): Promise<void> {
  await runToEnd({
    name: `the ${program} of vault`,
    main: path.join(repository, `apps/vault/dist/${program}.js`),
    environment: {
      KEYTRAIL_DATABASE_URL_FILE: databaseUrlFile(state, 'vault', 'service'),
      KEYTRAIL_ROOT_KEY_FILE: state.rootKey,
      ...told,
    },
    logFile: path.join(state.logs, 'vault.log'),
  });
}

const readJson = (file: string): unknown => JSON.parse(fs.readFileSync(file, 'utf8'));
