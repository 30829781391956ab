/** What a local system mints at its first start and keeps: root key, admin token, and who is who on NATS. */
import fs from 'node:fs';
import path from 'node:path';
import { mintApiToken, mintRootKeyFile, parseApiToken } from '@keytrail/crypto';
import { mintIdentity, systemIdentities, type Identity, type SystemIdentities } from '@keytrail/nats';
import { readOrMake, writePrivate, type StateFolder } from './state-folder.js';

/** The callers that a local system knows; `cli` is the person at the keyboard. */
export const callerNames = ['billing', 'chatbot', 'batch', 'cli'] as const;
export type CallerName = (typeof callerNames)[number];

/** The keys of one local system. */
export interface LocalKeys {
  readonly adminToken: string;
  /** Lower-case hexadecimal; what the gateway is given instead of the token. */
  readonly adminTokenSha256: string;
  readonly identities: SystemIdentities;
  /** The file that holds an identity's nkey seed. */
  readonly seedFile: (identity: Identity) => string;
}

/** Reads the keys and mints those that are missing. */
export function localKeys(state: StateFolder): LocalKeys {
  readOrMake(state.rootKey, mintRootKeyFile);
  const adminToken = readOrMake(path.join(state.keys, 'admin.token'), () => mintApiToken().token);
  const parsed = parseApiToken(adminToken);
  if (parsed === null) throw new Error(`${state.keys}/admin.token holds no API token: delete it to get a new one`);
  writePrivate(state.adminHeader, `Authorization: Bearer ${adminToken}\n`);
  return {
    adminToken,
    adminTokenSha256: parsed.sha256Hex,
    identities: systemIdentities(callerNames, (name) => readIdentity(state.keys, name)),
    seedFile: ({ name }) => seedFileOf(state.keys, name),
  };
}

const seedFileOf = (keys: string, name: string) => path.join(keys, `${name}.seed`);

// The seed first: a public half whose seed was never written would stand for nobody.
function readIdentity(keys: string, name: string): Identity {
  const known = readOrMake(path.join(keys, `${name}.json`), () => {
    const { seed, ...open } = mintIdentity(name);
    writePrivate(seedFileOf(keys, name), seed);
    return JSON.stringify(open);
  });
  const open = JSON.parse(known) as Omit<Identity, 'seed'>;
  return { ...open, seed: fs.readFileSync(seedFileOf(keys, name), 'utf8') };
}
