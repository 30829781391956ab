/** `npm run psql -- <service>`: a prompt in a service's database, with the service's own rights. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { databaseOwners, databaseUrlFile, type DatabaseOwner } from './local-databases.js';
import { remembered } from './process-files.js';
import { sqlPrompt } from './sql-prompt.js';
import { localState, stateFolder } from './state-folder.js';

const usage = `npm run psql -- ${databaseOwners.join(' | ')} [-c <statement>] [--owner]

Opens the service's database in the running system: with psql where it is installed, else at a small prompt.
  --owner   as the role that owns the tables; without it as the role that the service itself has`;

function fail(message: string): void {
  process.stderr.write(`keytrail: ${message}\n`);
  process.exitCode = 1;
}

const isOwner = (name: string | undefined): name is DatabaseOwner => databaseOwners.some((owner) => owner === name);

const psqlIsInstalled = () =>
  (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => fs.existsSync(path.join(folder, 'psql')));

/** The password goes through the environment: arguments are there for everybody to read. */
function runPsql(url: URL, args: readonly string[]): void {
  const env = {
    ...process.env,
    PGHOST: url.hostname,
    PGPORT: url.port,
    PGUSER: url.username,
    PGPASSWORD: decodeURIComponent(url.password),
    PGDATABASE: url.pathname.slice(1),
  };
  const psql = spawn('psql', args, { stdio: 'inherit', env });
  // At psql's prompt Ctrl-C cancels a statement; it must not end this process first.
  process.on('SIGINT', () => {});
  psql.once('exit', (code) => (process.exitCode = code ?? 1));
}

async function main(): Promise<void> {
  const [service, ...rest] = process.argv.slice(2);
  if (service === '--help') return void process.stdout.write(`${usage}\n`);
  if (!isOwner(service)) return fail(usage);
  const state = stateFolder(localState);
  if (!remembered(state.run, 'postgres')) return fail('nothing runs here: run npm start first');
  const role = rest.includes('--owner') ? 'owner' : 'service';
  const args = rest.filter((each) => each !== '--owner');
  const url = fs.readFileSync(databaseUrlFile(state, service, role), 'utf8');
  if (psqlIsInstalled()) return runPsql(new URL(url), args);
  const statement = args[0] === '-c' ? args[1] : undefined;
  await sqlPrompt(url, statement);
}

try {
  await main();
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
