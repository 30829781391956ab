/** What the vault's rooms have in common, made once and in order: keys, principals, sessions, connections. */
import { Decisions } from '@keytrail/access';
import type { Principal } from '@keytrail/contracts';
import type { RootKey } from '@keytrail/crypto';
import type { AccessJournal } from '@keytrail/eventsourcing';
import type { Database } from '@keytrail/postgres';
import { Denials } from './access/denials.js';
import { Authorization } from './access/authorization.js';
import { type CacheLimits, cacheLimits } from './cache-limits.js';
import { ConnectionStore } from './connection/connection.store.js';
import { CredentialVerifier } from './credential/credential.verifier.js';
import type { Issuer } from './credential/issuers.js';
import { JwtVerifier } from './credential/jwt.js';
import { Keyring } from './key/keyring.js';
import { VaultKeys } from './key/vault-keys.js';
import { GrantStore } from './principal/grant.store.js';
import { Directory } from './principal/directory.js';
import { PrincipalStore } from './principal/principal.store.js';
import { MaterialCache } from './secret/material.cache.js';
import { AuthenticationFailures } from './session/authentication-failures.js';
import { Recognition } from './session/recognition.js';
import { SessionStore } from './session/session.store.js';
import { SetUpPace } from './session/set-up-pace.js';
import type { VaultJournal } from './vault.ports.js';
import { vaultStreams } from './vault.streams.js';

export interface Foundations {
  readonly database: Database;
  readonly journal: VaultJournal;
  readonly accessJournal: AccessJournal;
  readonly root: RootKey;
  /** The vault's own. */
  readonly principal: Principal;
  /** Whose JWTs are believed. */
  readonly issuers: readonly Issuer[];
  /** How much the caches may hold; as much as is good for most where it is not said. */
  readonly cacheLimits?: CacheLimits;
}

export type VaultRooms = ReturnType<typeof vaultRooms>;

export function vaultRooms({ cacheLimits: limits = cacheLimits(), ...foundations }: Foundations) {
  const { database, journal, accessJournal, root, principal, issuers } = foundations;
  const keyring = new Keyring(database, root);
  const principals = new PrincipalStore(database);
  const streams = vaultStreams(journal, limits);
  const directory = new Directory(streams.principals, principals);
  const sessions = new SessionStore(database, keyring, streams.principals);
  const decisions = new Decisions({ onBroken: endProcess });
  // Explanations are of any moment that anybody can think of: they keep nothing away from those who are served.
  const explanations = new Decisions({ onBroken: endProcess, room: { sets: 64, statements: 4_096 } });
  const denials = new Denials(database, accessJournal);
  return {
    database,
    journal,
    accessJournal,
    keyring,
    vaultKeys: new VaultKeys({ database, journal, root, principal }),
    principals,
    grants: new GrantStore(database),
    directory,
    recognition: new Recognition(new CredentialVerifier(directory, new JwtVerifier(issuers)), directory),
    connections: new ConnectionStore(database),
    sessions,
    material: new MaterialCache({ database, keyring, maxBytes: limits.versionsBytes }),
    pace: new SetUpPace(),
    streams,
    decisions,
    explanations,
    denials,
    authorization: new Authorization({ database, streams, decisions, denials, sessions }),
    failures: new AuthenticationFailures(accessJournal, principal),
  } as const;
}

/** As any error that nobody has caught: who decides nothing any more must not go on taking requests. */
function endProcess(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}
