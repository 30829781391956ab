/** A real nats-server with a configuration of the caller's, on loopback. */
import fs from 'node:fs/promises';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { onPort } from './free-port.js';
import { launch, untilReady } from './server-process.js';
import type { Ending } from './server-process.js';

/** Where a server's configuration has to place things. */
export interface NatsPlacement {
  readonly port: number;
  /** For JetStream. */
  readonly storeDir: string;
  /** The folder that holds everything of this server. */
  readonly dir: string;
}

/** What `startNats` needs to know. */
export interface NatsOptions {
  /** Holds the configuration, JetStream's files and the log; made when absent, reused when present. */
  readonly dir: string;
  /** A free one by default. */
  readonly port?: number;
  /** The text of the configuration file; it must listen on the port it is given. */
  readonly configuration: (at: NatsPlacement) => string;
  /** Where the server logs; `<dir>/nats.log` by default. */
  readonly logFile?: string;
  /** `true`: the server goes on running when this process ends. */
  readonly detached?: boolean;
}

/** A running nats-server. Starting again on the same `dir` and `port` after `stop` or `kill` restarts it. */
export interface NatsServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly dir: string;
  readonly logFile: string;
  /** Settles when the server has ended, for whatever reason. */
  readonly exited: Promise<Ending>;
  /** SIGTERM; SIGKILL after ten seconds. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/**
 * Starts nats-server and returns once it accepts connections. Throws `StartFailure`, with the end of the server's log,
 * when it does not come up.
 */
export async function startNats(options: NatsOptions): Promise<NatsServer> {
  const dir = path.resolve(options.dir);
  const configurationFile = path.join(dir, 'nats.conf');
  const portsDir = path.join(dir, 'ports');
  const logFile = options.logFile ?? path.join(dir, 'nats.log');
  await fs.mkdir(dir, { recursive: true, mode: 0o700 });
  return onPort(options.port, async (port) => {
    const text = options.configuration({ port, storeDir: path.join(dir, 'jetstream'), dir });
    await fs.writeFile(configurationFile, text, { mode: 0o600 });
    await fs.rm(portsDir, { recursive: true, force: true });
    await fs.mkdir(portsDir);
    const server = await launch({
      command: natsServerBinary(),
      args: ['--config', configurationFile, '--ports_file_dir', portsDir],
      logFile,
      detached: options.detached ?? false,
    });
    await untilReady(server, { name: 'nats-server', logFile, timeoutMs: 30_000, probe: () => listens(portsDir) });
    return {
      url: `nats://127.0.0.1:${port}`,
      port,
      pid: server.pid,
      dir,
      logFile,
      exited: server.exited,
      stop: () => server.stop('SIGTERM'),
      kill: () => server.kill(),
    };
  });
}

/**
 * The nats-server program: `KEYTRAIL_NATS_SERVER`, else the newest that the bootstrap has put below `.cache/`. Throws
 * when there is none.
 */
export function natsServerBinary(): string {
  const chosen = process.env['KEYTRAIL_NATS_SERVER'];
  if (chosen) return chosen;
  const cache = path.resolve(import.meta.dirname, '../../../.cache/nats-server');
  const versions = existsSync(cache) ? readdirSync(cache).filter((name) => /^\d+\.\d+\.\d+$/.test(name)) : [];
  const newest = versions.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
  if (newest) return path.join(cache, newest, 'nats-server');
  throw new Error(
    'nats-server is not there yet: run `npm test` or `npm start` once at the root of the repository, which fetches it, ' +
      'or set KEYTRAIL_NATS_SERVER to the path of a nats-server 2.12.6 or newer',
  );
}

// The server writes this file once it listens; a greeting on the port could come from somebody else's server.
async function listens(portsDir: string): Promise<void> {
  if ((await fs.readdir(portsDir)).length === 0) throw new Error('nats-server does not listen yet');
}
