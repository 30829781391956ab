/** Runs a whole Keytrail on this machine until Ctrl-C: what `npm start` and `npm run dev` have in common. */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { removeFolder } from '@keytrail/testing';
import { claim } from './claim.js';
import { readDevFile } from './dev-file.js';
import { guide } from './guide.js';
import { remembered } from './process-files.js';
import { localState, makeFolders, stateFolder } from './state-folder.js';
import { AlreadyClaimed, startSystem, type System } from './system.js';

/** The options that both take. */
export const options = `  --fresh      delete .keytrail/ first, with every key stored in it
  --port <n>   the gateway's port (7400, or a free one where that is taken)
  --help       this text

With KEYTRAIL_OTLP_URL set, the services send their traces to that collector (OTLP over HTTP).`;

/** What a command does beside running the system. */
export interface LocalCommand {
  readonly usage: string;
  /** Called once the system is ready; `signal` aborts when it is about to be stopped. Awaited before that. */
  readonly whileRunning?: (system: System, signal: AbortSignal) => Promise<void>;
}

const preferredGatewayPort = 7_400;
/** As a service is told; empty is none. */
const otlpUrl = process.env['KEYTRAIL_OTLP_URL'] || undefined;
/** One line for the person. */
export const say = (line: string) => void process.stderr.write(`keytrail: ${line}\n`);

function readArguments() {
  const { values } = parseArgs({
    options: { fresh: { type: 'boolean' }, port: { type: 'string' }, help: { type: 'boolean' } },
  });
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) {
    throw new Error(`--port takes a number from 1 to 65535, not "${values.port}"`);
  }
  return { fresh: values.fresh ?? false, help: values.help ?? false, port };
}

/** Whoever runs there has the folder open: only a folder that nobody claims may go. */
async function deleteState(): Promise<void> {
  makeFolders(stateFolder(localState));
  const { release } = await claim(localState);
  await removeFolder(localState);
  release();
}

function sayAlreadyRunning(): void {
  const { run, devFile } = stateFolder(localState);
  const supervisor = remembered(run, 'supervisor');
  const where = readDevFile(devFile)?.gatewayUrl ?? 'about to be ready';
  say(`already running as process ${supervisor?.pid ?? 'unknown'}: ${where}`);
}

/** Returns once a signal has come and everything has stopped. */
async function runUntilStopped(
  { fresh, port }: ReturnType<typeof readArguments>,
  whileRunning: LocalCommand['whileRunning'],
): Promise<void> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());
  const since = performance.now();
  if (fresh) await deleteState();
  const system = await startSystem({
    dir: localState,
    preferredGatewayPort,
    onNotice: say,
    signal: interrupted.signal,
    ...(otlpUrl !== undefined && { otlpUrl }),
    ...(port !== undefined && { gatewayPort: port }),
  });
  say(`ready in ${((performance.now() - since) / 1_000).toFixed(1)} s, as process ${process.pid}`);
  process.stdout.write(guide(system));
  try {
    await whileRunning?.(system, interrupted.signal);
    await aborted(interrupted.signal);
    say('stopping');
  } finally {
    await system.stop();
  }
  say('stopped');
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

/** Runs the command as the arguments of this process ask; sets the exit code where it fails. */
export async function runLocal({ usage, whileRunning }: LocalCommand): Promise<void> {
  try {
    const asked = readArguments();
    if (asked.help) process.stdout.write(`${usage}\n`);
    else await runUntilStopped(asked, whileRunning);
  } catch (error) {
    if (error instanceof AlreadyClaimed) sayAlreadyRunning();
    else if (error instanceof Error && error.name === 'AbortError') say('stopped before it was ready');
    else {
      say(error instanceof Error ? error.message : String(error));
      process.exitCode = 1;
    }
  }
}
