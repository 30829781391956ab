/** Makes an administrator where all are lost, for whoever holds the root key; the audit tells who and why. */
import { KEY_STREAM, type KeyEvent, type Principal, type RoleBinding, SYSTEM_WORKSPACE } from '@keytrail/contracts';
import { DecryptionFailed, mintPrincipal, type RootKey, uuidv7 } from '@keytrail/crypto';
import { type Database, postgresJournal } from '@keytrail/postgres';
import type { NewAdministrator } from './bootstrap-vault.js';
import { loadVaultKeys } from './key/vault-key.store.js';
import { principalDecisions } from './principal/principal.change.js';
import { mintToken } from './principal/token.mint.js';

const DISPLAY_NAME = 'Recovered administrator';
const ADMINISTRATOR: RoleBinding = { role: 'internal_admin', workspace: SYSTEM_WORKSPACE };

/** Nobody is recovered; `message` says why and what to do. */
export class RecoveryRefused extends Error {
  override readonly name = 'RecoveryRefused';
}

/**
 * A new administrator with a token; those that stand are left as they are. Throws {@link RecoveryRefused} unless `root`
 * is the key under which this vault's signing key is wrapped. `reason` is free text, for the audit.
 */
export async function recoverAdministrator(parts: {
  readonly database: Database;
  readonly root: RootKey;
  readonly reason: string;
}): Promise<NewAdministrator> {
  const { database, root, reason } = parts;
  await refuseOtherRoot(database, root);
  const journal = postgresJournal({ service: 'vault', database });
  const [created] = await journal.load<KeyEvent>(KEY_STREAM);
  if (created === undefined) throw notSetUp();
  const principal = mintPrincipal() as Principal;
  const { token, toStore } = mintToken('recovery');
  const { tokenId } = toStore;
  const outcome = await principalDecisions(journal)({
    principal,
    command: { type: 'SetUpPrincipal', kind: 'user', roles: [ADMINISTRATOR], token: { tokenId }, recovery: true },
    facts: {
      workspace: SYSTEM_WORKSPACE,
      // Whoever set the vault up: nobody else can vouch for somebody whom nobody knows yet.
      principal: created.principal,
      requestId: uuidv7(),
      detail: { names: { display: DISPLAY_NAME }, text: reason },
    },
    names: { displayName: DISPLAY_NAME, outsideName: null },
    token: toStore,
  });
  if (!outcome.ok) throw new RecoveryRefused(outcome.rejection.message);
  return { principal, token };
}

async function refuseOtherRoot(database: Database, root: RootKey): Promise<void> {
  const signing = (await loadVaultKeys(database)).find(({ purpose }) => purpose === 'signing');
  if (signing === undefined) throw notSetUp();
  try {
    await root.unwrap({ workspace: SYSTEM_WORKSPACE, keyId: signing.keyId }, signing.wrapped);
  } catch (error) {
    if (!(error instanceof DecryptionFailed)) throw error;
    throw new RecoveryRefused('this root key does not open the keys of this vault: hand in the one that does');
  }
}

const notSetUp = () => new RecoveryRefused('this vault was never set up: run its bootstrap, which makes the first one');
