/** What each of a local system's services is told through its environment. */
import path from 'node:path';
import type { Identity } from '@keytrail/nats';
import type { ServiceName } from './dev-file.js';
import { databaseUrlFile } from './local-databases.js';
import type { LocalKeys } from './local-keys.js';
import { remember } from './process-files.js';
import { startService } from './service-process.js';
import type { Running } from './keep-running.js';
import { repository, type StateFolder } from './state-folder.js';

/** What the services of one system have in common. */
export interface ServicesContext {
  readonly state: StateFolder;
  readonly keys: LocalKeys;
  readonly natsUrl: string;
  /** Of the gateway: its HTTP port. */
  readonly ports: Readonly<Record<ServiceName, number>>;
  /** Ends starts that are under way. */
  readonly signal: AbortSignal;
}

/** The services, in the order in which they are started. */
export const serviceNames: readonly ServiceName[] = ['vault', 'audit', 'gateway'];

/** Where a service tells that it is ready. */
export const healthUrl = (port: number): string => `http://127.0.0.1:${port}/health/ready`;

/** Starts a service and returns once it is ready. */
export function startLocalService(context: ServicesContext, name: ServiceName): Promise<Running> {
  const { state, signal } = context;
  return startService({
    name,
    main: path.join(repository, `apps/${name}/dist/main.js`),
    environment: environmentOf(context, name),
    readyUrl: healthUrl(context.ports[name]),
    logFile: path.join(state.logs, `${name}.log`),
    signal,
    onSpawn: (pid) => remember(state.run, name, pid),
  });
}

function environmentOf(context: ServicesContext, name: ServiceName): Readonly<Record<string, string>> {
  const { state, keys, natsUrl, ports } = context;
  const { vault, audit, gateway } = keys.identities;
  const rpc = (identity: Identity) => ({
    KEYTRAIL_NATS_URL: natsUrl,
    KEYTRAIL_NATS_RPC_SEED_FILE: keys.seedFile(identity),
    KEYTRAIL_PRINCIPAL: identity.principal,
  });
  const port = String(ports[name]);
  switch (name) {
    case 'vault':
      return {
        ...rpc(vault.rpc),
        KEYTRAIL_NATS_EVENTS_SEED_FILE: keys.seedFile(vault.events),
        KEYTRAIL_DATABASE_URL_FILE: databaseUrlFile(state, 'vault', 'service'),
        KEYTRAIL_ROOT_KEY_FILE: state.rootKey,
        KEYTRAIL_HEALTH_PORT: port,
      };
    case 'audit':
      return {
        ...rpc(audit.rpc),
        KEYTRAIL_NATS_EVENTS_SEED_FILE: keys.seedFile(audit.events),
        KEYTRAIL_DATABASE_URL_FILE: databaseUrlFile(state, 'audit', 'service'),
        KEYTRAIL_HEALTH_PORT: port,
      };
    case 'gateway':
      return {
        ...rpc(gateway.rpc),
        KEYTRAIL_ADMIN_TOKEN_SHA256: keys.adminTokenSha256,
        KEYTRAIL_HTTP_PORT: port,
      };
  }
}
