/** What a local system mints at its first start and keeps: the root key, and who is who on NATS. */
import fs from 'node:fs';
import path from 'node:path';
import { mintRootKeyFile } from '@keytrail/crypto';
import {
  mintIdentity,
  mintKeyPair,
  systemIdentities,
  type Identity,
  type KeyPair,
  type KeyPairKind,
  type SystemIdentities,
} from '@keytrail/nats';
import { readOrMake, writePrivate, type StateFolder } from './state-folder.js';

/** The keys of one local system. */
export interface LocalKeys {
  readonly identities: SystemIdentities;
  /** The file that holds an identity's nkey seed. */
  readonly seedFile: (identity: Identity) => string;
  /** The files with the seeds of the callout's own keys. */
  readonly issuerFile: string;
  readonly xkeyFile: string;
}

/** Reads the keys and mints those that are missing. */
export function localKeys({ rootKey, keys }: StateFolder): LocalKeys {
  readOrMake(rootKey, mintRootKeyFile);
  return {
    identities: systemIdentities(
      (name) => readIdentity(keys, name),
      (name, kind) => readKeyPair(keys, name, kind),
    ),
    seedFile: ({ name }) => seedFileOf(keys, name),
    issuerFile: seedFileOf(keys, 'callout-issuer'),
    xkeyFile: seedFileOf(keys, 'callout-xkey'),
  };
}

const seedFileOf = (keys: string, name: string) => path.join(keys, `${name}.seed`);

const readIdentity = (keys: string, name: string): Identity => readPair(keys, name, () => mintIdentity(name));

const readKeyPair = (keys: string, name: string, kind: KeyPairKind): KeyPair =>
  readPair(keys, name, () => mintKeyPair(kind));

// The seed first: a public half whose seed was never written would stand for nobody.
function readPair<P extends KeyPair>(keys: string, name: string, mint: () => P): P {
  const known = readOrMake(path.join(keys, `${name}.json`), () => {
    const { seed, ...open } = mint();
    writePrivate(seedFileOf(keys, name), seed);
    return JSON.stringify(open);
  });
  return { ...(JSON.parse(known) as P), seed: fs.readFileSync(seedFileOf(keys, name), 'utf8') };
}
