/** A real PostgreSQL server on the embedded binaries, on loopback, with fsync on. */
import fs from 'node:fs/promises';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { onPort } from './free-port.js';
import { accountFor } from './postgres-account.js';
import type { PostgresAccount } from './postgres-account.js';
import { eventually, processesIn } from './process-table.js';
import { launch, serverEnvironment, untilReady } from './server-process.js';
import type { Ending } from './server-process.js';

/** What `startPostgres` needs to know. */
export interface PostgresOptions {
  /** Data folder; initialised when absent, reused when present. */
  readonly dir: string;
  /** A free one by default. */
  readonly port?: number;
  /**
   * Server settings, such as `{ log_statement: 'all' }`. fsync stays on unless a test of a refusal turns it off here.
   */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where the server logs; `<dir>.log` by default. */
  readonly logFile?: string;
  /** Taken when the data folder is initialised, random by default; later starts read it from the data folder. */
  readonly superuserPassword?: string;
  /** `true`: the server goes on running when this process ends. */
  readonly detached?: boolean;
}

/** Who connects to which database. */
export interface PostgresLogin {
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

/** A running PostgreSQL server. Starting again on the same `dir` and `port` after `stop` or `kill` restarts it. */
export interface PostgresServer {
  readonly port: number;
  readonly pid: number;
  readonly dir: string;
  readonly logFile: string;
  readonly superuserUrl: string;
  /** Settles when the server has ended, for whatever reason. */
  readonly exited: Promise<Ending>;
  url(login: PostgresLogin): string;
  /** Fast shutdown, clients are disconnected; SIGKILL after ten seconds. */
  stop(): Promise<void>;
  /** SIGKILL to the whole server, as a power cut would. */
  kill(): Promise<void>;
}

const superuser = 'postgres';
const passwordFile = 'superuser.password';

/**
 * Starts PostgreSQL and returns once it answers queries. Throws `StartFailure`, with the end of the server's log, when
 * it does not come up.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const dir = path.resolve(options.dir);
  await fs.mkdir(path.dirname(dir), { recursive: true, mode: 0o700 });
  const account = await accountFor(dir);
  if (!(await exists(account.dataFolder))) await initialise(account, options.superuserPassword ?? randomPassword());
  await clearLeftovers(account.dataFolder);
  const password = await fs.readFile(path.join(account.dataFolder, passwordFile), 'utf8');
  return onPort(options.port, (port) => startOn(port, { account, dir, password, options }));
}

interface Prepared {
  readonly account: PostgresAccount;
  readonly dir: string;
  readonly password: string;
  readonly options: PostgresOptions;
}

async function startOn(port: number, { account, dir, password, options }: Prepared): Promise<PostgresServer> {
  const logFile = options.logFile ?? `${dir}.log`;
  const settings = Object.entries({
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port: String(port),
    ...options.settings,
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = await launch({
    ...account.commandLine('postgres', ['-D', account.dataFolder, ...settings]),
    logFile,
    detached: options.detached ?? false,
    ...(account.owner ? { owner: account.owner } : {}),
  });
  const url = (login: PostgresLogin) =>
    `postgresql://${encodeURIComponent(login.user)}:${encodeURIComponent(login.password)}@127.0.0.1:${port}/${encodeURIComponent(login.database)}`;
  const superuserUrl = url({ database: 'postgres', user: superuser, password });
  await untilReady(server, { name: 'PostgreSQL', logFile, timeoutMs: 60_000, probe: () => answers(superuserUrl) });
  return {
    port,
    pid: server.pid,
    dir,
    logFile,
    superuserUrl,
    exited: server.exited,
    url,
    stop: () => server.stop('SIGINT'),
    kill: () => server.kill(),
  };
}

// Under another name first: a data folder that bears its own name is complete.
async function initialise(account: PostgresAccount, password: string): Promise<void> {
  const fresh = `${account.dataFolder}.initdb`;
  const passwordBeside = `${fresh}.password`;
  await fs.rm(fresh, { recursive: true, force: true });
  await fs.rm(passwordBeside, { force: true });
  await fs.writeFile(passwordBeside, password, { mode: 0o600 });
  if (account.owner) await fs.chown(passwordBeside, account.owner.uid, account.owner.gid);
  const { command, args } = account.commandLine('initdb', [
    `--pgdata=${fresh}`,
    `--username=${superuser}`,
    `--pwfile=${passwordBeside}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ]);
  await promisify(execFile)(command, args, { cwd: '/', env: serverEnvironment, ...account.owner });
  await fs.rename(passwordBeside, path.join(fresh, passwordFile));
  await fs.rename(fresh, account.dataFolder);
}

// PostgreSQL takes any process that bears the id in postmaster.pid for a server of its own, even a stranger's.
async function clearLeftovers(dataFolder: string): Promise<void> {
  const pidFile = path.join(dataFolder, 'postmaster.pid');
  const pid = Number.parseInt(await fs.readFile(pidFile, 'utf8').catch(() => ''), 10);
  const clear = () => processesIn(dataFolder).length === 0;
  if (processesIn(dataFolder).includes(pid) || !(await eventually(clear, 5_000))) {
    throw new Error(`PostgreSQL already runs on ${dataFolder} as process ${processesIn(dataFolder).join(', ')}`);
  }
  await fs.rm(pidFile, { force: true });
}

async function answers(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await client.end();
  }
}

function randomPassword(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString('base64url');
}

async function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}
