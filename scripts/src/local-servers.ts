/** Runs a local system's PostgreSQL and nats-server. */
import path from 'node:path';
import { serverConfiguration } from '@keytrail/nats';
import { withIntruders, type Intruders } from '@keytrail/nats/drill';
import { startNats, startPostgres, type NatsServer, type PostgresServer } from '@keytrail/testing';
import type { Running } from './keep-running.js';
import type { LocalKeys } from './local-keys.js';
import { remember } from './process-files.js';
import type { StateFolder } from './state-folder.js';

/** A start function whose later calls bind the port that the first one found. */
export type Restartable<R extends Running> = () => Promise<R>;

/** PostgreSQL with the given settings besides its own. */
export function postgresOf(
  { postgres: dir, logs, run }: StateFolder,
  settings: Readonly<Record<string, string>>,
): Restartable<PostgresServer> {
  return onOnePort(async (port) => {
    const logFile = path.join(logs, 'postgres.log');
    const server = await startPostgres({ dir, logFile, settings, ...port });
    remember(run, 'postgres', server.pid);
    return server;
  });
}

/** nats-server with the identities of the system, and with intruders where there are to be any. */
export function natsOf(
  { nats: dir, logs, run }: StateFolder,
  { identities }: LocalKeys,
  intruders: Intruders | null,
): Restartable<NatsServer> {
  return onOnePort(async (port) => {
    const server = await startNats({
      dir,
      logFile: path.join(logs, 'nats.log'),
      configuration: ({ port: on, storeDir }) => {
        const real = serverConfiguration({ port: on, storeDir, serverName: 'keytrail-local', identities });
        return intruders === null ? real : withIntruders(real, intruders);
      },
      ...port,
    });
    remember(run, 'nats', server.pid);
    return server;
  });
}

function onOnePort<R extends Running & { readonly port: number }>(
  start: (port: { readonly port?: number }) => Promise<R>,
): Restartable<R> {
  let found: { readonly port?: number } = {};
  return async () => {
    const server = await start(found);
    found = { port: server.port };
    return server;
  };
}
