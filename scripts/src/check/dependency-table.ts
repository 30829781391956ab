// The dependency table of the design as data: which lib may stand on which. Change it by a decision record.

/** What each lib may import; a lib that has no row may not exist. */
export const libraries: Readonly<Record<string, readonly string[]>> = {
  contracts: [],
  eventsourcing: ['contracts'],
  crypto: ['contracts'],
  tlog: ['contracts', 'crypto'],
  access: ['contracts', 'eventsourcing'],
  postgres: ['contracts', 'eventsourcing', 'crypto'],
  nats: ['contracts', 'eventsourcing', 'crypto'],
  service: ['contracts', 'eventsourcing', 'crypto', 'tlog', 'access', 'postgres', 'nats'],
  client: ['contracts', 'crypto', 'nats'],
  testing: ['contracts'],
};

/** A client that is written from the protocol's page alone must not stand on anything of ours. */
const STRANGER = 'e2e/src/tiny-client.fixture.ts';

/**
 * Packages that live in few folders only, by name or, ending in `/`, by scope; the first folder is the one to ask.
 * `node:crypto` stands for `crypto` and Web Crypto, too. The servers of the tests make their own throw-away passwords,
 * and what runs before anything is installed has nothing but Node.
 */
export const rooms: readonly { readonly packages: string; readonly rooms: readonly string[] }[] = [
  { packages: 'node:crypto', rooms: ['libs/crypto', 'libs/testing', 'scripts/bootstrap', STRANGER] },
  { packages: 'jose', rooms: ['apps/vault'] },
  { packages: '@hpke/', rooms: ['libs/crypto'] },
  { packages: '@nats-io/', rooms: ['libs/nats', STRANGER] },
];

/** All that a decider, view or process may import besides its neighbours; hashing and parsing are pure. */
export const purePackages: readonly string[] = [
  '@keytrail/contracts',
  '@keytrail/eventsourcing',
  '@keytrail/crypto',
  '@keytrail/access',
  'zod',
];
