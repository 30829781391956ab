/** Makes a local system's databases, writes their URLs for the services, and brings the schemas up to date. */
import path from 'node:path';
import type { Service } from '@keytrail/contracts';
import { randomBytes } from '@keytrail/crypto';
import { provision } from '@keytrail/postgres';
import type { PostgresServer, TcpProxy } from '@keytrail/testing';
import { byRoad } from './roads.js';
import { runToEnd } from './service-process.js';
import { repository, writePrivate, type StateFolder } from './state-folder.js';

/** The services with a database of their own, by the names of their apps. */
export const databaseOwners = ['vault', 'rotation-scheduler', 'audit', 'anomaly-detector'] as const;
export type DatabaseOwner = (typeof databaseOwners)[number];

/** What the bus calls a service, and its database after it. */
export const busNames = {
  vault: 'vault',
  'rotation-scheduler': 'rotation',
  audit: 'audit',
  'anomaly-detector': 'anomaly',
} as const satisfies Record<DatabaseOwner, Service>;

/** The database of a service; its roles are `<database>_owner` and `<database>_service`. */
export const databaseOf = (service: DatabaseOwner): string => `keytrail_${busNames[service]}`;

/** The file with the URL of a role; it is written anew at each start, with a new password. */
export function databaseUrlFile({ keys }: StateFolder, service: DatabaseOwner, role: 'owner' | 'service'): string {
  return path.join(keys, `${service}.${role}.database-url`);
}

/** What the databases are made on and for; the services go by the road, where there is one. */
export interface DatabaseSite {
  readonly server: PostgresServer;
  readonly state: StateFolder;
  readonly road: TcpProxy | undefined;
}

/** Prepares every service's database. Throws `ServiceFailed` when a migration fails. */
export async function prepareDatabases(site: DatabaseSite): Promise<void> {
  await Promise.all(databaseOwners.map((service) => prepare(service, site)));
}

async function prepare(service: DatabaseOwner, { server, state, road }: DatabaseSite): Promise<void> {
  const database = databaseOf(service);
  const [ownerPassword, servicePassword] = [newPassword(), newPassword()];
  await provision({ superuserUrl: server.superuserUrl, database, ownerPassword, servicePassword });
  const ownerFile = databaseUrlFile(state, service, 'owner');
  writePrivate(ownerFile, server.url({ database, user: `${database}_owner`, password: ownerPassword }));
  writePrivate(
    databaseUrlFile(state, service, 'service'),
    byRoad(server.url({ database, user: `${database}_service`, password: servicePassword }), road),
  );
  await runToEnd({
    name: `the migration of ${service}`,
    main: path.join(repository, `apps/${service}/dist/migrate.js`),
    environment: { KEYTRAIL_OWNER_DATABASE_URL_FILE: ownerFile },
    logFile: path.join(state.logs, `${service}.log`),
  });
}

const newPassword = () => Buffer.from(randomBytes(24)).toString('base64url');
