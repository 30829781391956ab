/** The supervisor: a whole Keytrail on this machine, servers and services, for start, demo, bench and e2e. */
import fs from 'node:fs';
import path from 'node:path';
import { mintIdentity } from '@keytrail/nats';
import type { Intruders } from '@keytrail/nats/drill';
import { type Claim, claimPort, freePort, removeFolder } from '@keytrail/testing';
import { claim } from './claim.js';
import { assembleCrew, type Crew } from './crew.js';
import { readDevFile, writeDevFile, type Caller, type DevFile, type ServiceName } from './dev-file.js';
import { databaseOf, databaseOwners, prepareDatabases, type DatabaseOwner } from './local-databases.js';
import { bootstrapLocal } from './local-bootstrap.js';
import { enrollCallers, type CallerName } from './local-callers.js';
import { localKeys } from './local-keys.js';
import { natsOf, postgresOf } from './local-servers.js';
import { healthUrl, serviceNames, startLocalService, type ServicesContext } from './local-services.js';
import { endLeftovers, remember, type ProcessName } from './process-files.js';
import { byRoad, openRoads, type Roads } from './roads.js';
import { makeFolders, stateFolder, type StateFolder } from './state-folder.js';

export { AlreadyClaimed } from './claim.js';
export type { Caller, DevFile, ServiceName } from './dev-file.js';
export { serviceNames } from './local-services.js';
export { callerNames, connectAs, type CallerName } from './local-callers.js';
export { gatewayRequester, requesterOf, type Requester } from './requester.js';
export type { ProcessName } from './process-files.js';
export type { Roads } from './roads.js';

/** How to run a local system. */
export interface SystemOptions {
  /** State folder; made when absent, taken up again when present. */
  readonly dir: string;
  /** Must be free; without it a free one is found. */
  readonly gatewayPort?: number;
  /** Taken when it is free and no `gatewayPort` is given. */
  readonly preferredGatewayPort?: number;
  /** `true`: `stop` deletes the state folder. */
  readonly throwaway?: boolean;
  /** Server settings of PostgreSQL, such as `{ log_statement: 'all' }`. */
  readonly postgresSettings?: Readonly<Record<string, string>>;
  /** The collector that the services send their spans to; without one they make none. */
  readonly otlpUrl?: string;
  /** `true`: the services reach their servers by way of `System.roads`. */
  readonly roads?: boolean;
  /** The issuers of JWTs that the vault believes: a file as KEYTRAIL_ISSUERS_FILE names it. */
  readonly issuersFile?: string;
  /** `true`: nats-server knows two who may do everything there, for drills; see `System.intruders`. */
  readonly natsIntruders?: boolean;
  /** Further options of Node's, a service, such as `{ vault: ['--cpu-prof'] }`. */
  readonly nodeOptions?: ServicesContext['nodeOptions'];
  /** Ends a start that is under way. */
  readonly signal?: AbortSignal;
  /** Takes one line for a person: what was recovered, what crashed. */
  readonly onNotice?: (line: string) => void;
}

/** A running local system. */
export interface System {
  readonly dir: string;
  readonly gatewayUrl: string;
  readonly natsUrl: string;
  /** `kv_…`, by which the vault is known. */
  readonly vaultKey: string;
  readonly adminPrincipal: string;
  readonly adminToken: string;
  readonly health: Readonly<Record<ServiceName, string>>;
  readonly callers: Readonly<Record<CallerName, Caller>>;
  /** Absent where the vault believes no issuer of JWTs. */
  readonly issuersFile: string | undefined;
  /** Folder with one log for each process. */
  readonly logs: string;
  /** Data folders, for whoever searches them. */
  readonly data: { readonly postgres: string; readonly nats: string };
  /**
   * Where a test disturbs what goes between the services and their servers. Throws unless the system was started with
   * roads.
   */
  roads(): Roads;
  /** Who may do everything on the bus. Throws unless the system was started with them. */
  intruders(): Intruders;
  /** The process that runs under this name now. */
  pidOf(name: ProcessName): number;
  /** URL of a service's database for the superuser, who sees every row. */
  databaseUrl(service: DatabaseOwner): string;
  /** Ends a process and returns once it runs again. */
  restart(name: Exclude<ProcessName, 'supervisor'>): Promise<void>;
  /** Ends a service for good, and leaves all others as they are. */
  end(name: ServiceName): Promise<void>;
  /** Stops the services, then the servers; returns once all processes are gone. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL, nats-server and the services, and returns once all of them are ready.
 *
 * From then on whatever ends is named and started again. Throws `AlreadyClaimed` when another process runs a system on
 * `dir`, `PortTaken`, `ServiceFailed` or `StartFailure`, each with the end of a log, when something does not come up;
 * then nothing
 * is left running.
 */
export async function startSystem(options: SystemOptions): Promise<System> {
  const state = stateFolder(path.resolve(options.dir));
  makeFolders(state);
  const claims = [await claim(state.dir)];
  const crew = assembleCrew(
    { onNotice: (line) => options.onNotice?.(line), onRestarted: () => updatePids(state, crew) },
    options.signal,
  );
  const closings: Closing[] = [];
  const stop = async () => {
    await crew.stop();
    for (const close of closings) await close();
    for (const file of [state.devFile, state.run]) fs.rmSync(file, { recursive: true, force: true });
    if (options.throwaway) await removeFolder(state.dir);
    for (const held of claims) held.release();
  };
  try {
    return { ...(await start({ options, state, crew, claims, closings })), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Site {
  readonly options: SystemOptions;
  readonly state: StateFolder;
  readonly crew: Crew;
  /** Held until the system is stopped. */
  readonly claims: Claim[];
  /** Called once all processes have ended. */
  readonly closings: Closing[];
}

type Closing = () => Promise<void>;

async function start({ options, state, crew, claims, closings }: Site): Promise<Omit<System, 'stop'>> {
  remember(state.run, 'supervisor', process.pid);
  for (const line of await endLeftovers(state.run)) options.onNotice?.(line);
  const keys = localKeys(state);
  const intruders = options.natsIntruders ? { rpc: mintIdentity('intruder'), events: mintIdentity('intruder') } : null;
  const [postgres, nats] = await Promise.all([
    crew.add('postgres', postgresOf(state, options.postgresSettings ?? {})),
    crew.add('nats', natsOf(state, keys, intruders)),
  ]);
  crew.signal.throwIfAborted();
  const roads = options.roads ? await openRoads({ postgres, nats }) : undefined;
  for (const road of Object.values(roads ?? {})) closings.push(() => road.close());
  await prepareDatabases({ server: postgres, state, road: roads?.postgres });
  const authority = await bootstrapLocal(state, keys);
  crew.signal.throwIfAborted();

  const ports = { ...(await healthPorts()), gateway: await gatewayPort(options, claims) };
  const { otlpUrl, issuersFile, nodeOptions = {} } = options;
  const context: ServicesContext = {
    state,
    keys,
    natsUrl: byRoad(nats.url, roads?.nats),
    authority,
    ports,
    otlpUrl,
    issuersFile,
    nodeOptions,
    signal: crew.signal,
  };
  await Promise.all(serviceNames.map((name) => crew.add(name, () => startLocalService(context, name))));

  const description = await describe({ ...context, natsUrl: nats.url }, crew);
  writeDevFile(state.devFile, description);
  return {
    ...description,
    dir: state.dir,
    issuersFile,
    logs: state.logs,
    data: { postgres: state.postgres, nats: state.nats },
    roads: () => {
      if (roads === undefined) throw new Error('the system was started without roads');
      return roads;
    },
    intruders: () => {
      if (intruders === null) throw new Error('the system was started without intruders');
      return intruders;
    },
    pidOf: (name) => pidsOf(crew)[name],
    restart: (name) => crew.restart(name),
    end: (name) => crew.end(name),
    databaseUrl: (service) => {
      const url = new URL(postgres.superuserUrl);
      url.pathname = databaseOf(service);
      return url.href;
    },
  };
}

async function describe({ state, natsUrl, ports, authority }: ServicesContext, crew: Crew): Promise<DevFile> {
  const health = Object.fromEntries(serviceNames.map((name) => [name, healthUrl(ports[name])]));
  const gatewayUrl = `http://127.0.0.1:${ports.gateway}`;
  const { adminToken } = authority;
  return {
    gatewayUrl,
    natsUrl,
    ...authority,
    health: health as DevFile['health'],
    pids: pidsOf(crew),
    callers: await enrollCallers({ gatewayUrl, adminToken }, state),
  };
}

function updatePids({ devFile }: StateFolder, crew: Crew): void {
  const known = readDevFile(devFile);
  if (known) writeDevFile(devFile, { ...known, pids: pidsOf(crew) });
}

const pidsOf = (crew: Crew) => ({ supervisor: process.pid, ...crew.pids() }) as DevFile['pids'];

async function healthPorts(): Promise<Record<DatabaseOwner, number>> {
  const ports = await Promise.all(databaseOwners.map(async (name) => [name, await freePort()] as const));
  return Object.fromEntries(ports) as Record<DatabaseOwner, number>;
}

async function gatewayPort(options: SystemOptions, claims: Claim[]): Promise<number> {
  const { gatewayPort: asked, preferredGatewayPort: preferred } = options;
  const wanted = asked ?? preferred;
  const held = wanted === undefined ? null : await claimPort(wanted);
  if (wanted !== undefined && held !== null) {
    claims.push(held);
    return wanted;
  }
  if (asked !== undefined) throw new PortTaken(asked);
  return freePort();
}

/** The port that was asked for has another owner. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken';

  constructor(port: number) {
    super(`port ${port} is taken by another process: choose another one`);
  }
}
