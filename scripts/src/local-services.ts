/** What each of a local system's services is told through its environment. */
import path from 'node:path';
import type { Identity } from '@keytrail/nats';
import type { ServiceName } from './dev-file.js';
import { busNames, databaseUrlFile } from './local-databases.js';
import type { LocalAuthority } from './local-bootstrap.js';
import type { LocalKeys } from './local-keys.js';
import { remember } from './process-files.js';
import { startService } from './service-process.js';
import type { Running } from './keep-running.js';
import { repository, type StateFolder } from './state-folder.js';

/** What the services of one system have in common. */
export interface ServicesContext {
  readonly state: StateFolder;
  readonly keys: LocalKeys;
  readonly authority: LocalAuthority;
  readonly natsUrl: string;
  /** Of the gateway: its HTTP port. */
  readonly ports: Readonly<Record<ServiceName, number>>;
  /** Where spans are sent. */
  readonly otlpUrl: string | undefined;
  /** Of the issuers of JWTs that the vault believes. */
  readonly issuersFile: string | undefined;
  /** Further options of Node's, a service. */
  readonly nodeOptions: Readonly<Partial<Record<ServiceName, readonly string[]>>>;
  /** Ends starts that are under way. */
  readonly signal: AbortSignal;
}

/** The services, in the order in which they are started. */
export const serviceNames: readonly ServiceName[] = [
  'vault',
  'rotation-scheduler',
  'audit',
  'anomaly-detector',
  'gateway',
];

/** Where a service tells that it is ready. */
export const healthUrl = (port: number): string => `http://127.0.0.1:${port}/health/ready`;

/** Starts a service and returns once it is ready. */
export function startLocalService(context: ServicesContext, name: ServiceName): Promise<Running> {
  const { state, signal, nodeOptions } = context;
  return startService({
    name,
    main: path.join(repository, `apps/${name}/dist/main.js`),
    environment: environmentOf(context, name),
    nodeOptions: nodeOptions[name] ?? [],
    readyUrl: healthUrl(context.ports[name]),
    logFile: path.join(state.logs, `${name}.log`),
    signal,
    onSpawn: (pid) => remember(state.run, name, pid),
  });
}

function environmentOf(context: ServicesContext, name: ServiceName): Readonly<Record<string, string>> {
  const port = String(context.ports[name]);
  const { state, keys, authority } = context;
  const peer = { KEYTRAIL_VAULT_KEY: authority.vaultKey };
  if (name === 'gateway')
    return { ...identityEnvironment(context, keys.identities.gateway.rpc), ...peer, KEYTRAIL_HTTP_PORT: port };
  const { rpc, events } = keys.identities[busNames[name]];
  return {
    ...identityEnvironment(context, rpc),
    KEYTRAIL_NATS_EVENTS_SEED_FILE: keys.seedFile(events),
    KEYTRAIL_DATABASE_URL_FILE: databaseUrlFile(state, name, 'service'),
    KEYTRAIL_HEALTH_PORT: port,
    ...(name === 'vault' ? vaultEnvironment(context) : peer),
  };
}

function vaultEnvironment({ state, keys, issuersFile }: ServicesContext): Readonly<Record<string, string>> {
  return {
    KEYTRAIL_ROOT_KEY_FILE: state.rootKey,
    KEYTRAIL_NATS_AUTH_SEED_FILE: keys.seedFile(keys.identities.callout.user),
    KEYTRAIL_NATS_ISSUER_SEED_FILE: keys.issuerFile,
    KEYTRAIL_NATS_XKEY_SEED_FILE: keys.xkeyFile,
    ...(issuersFile !== undefined && { KEYTRAIL_ISSUERS_FILE: issuersFile }),
  };
}

function identityEnvironment(
  { keys, natsUrl, otlpUrl }: ServicesContext,
  identity: Identity,
): Readonly<Record<string, string>> {
  return {
    KEYTRAIL_NATS_URL: natsUrl,
    KEYTRAIL_NATS_RPC_SEED_FILE: keys.seedFile(identity),
    KEYTRAIL_PRINCIPAL: identity.principal,
    ...(otlpUrl !== undefined && { KEYTRAIL_OTLP_URL: otlpUrl }),
  };
}
