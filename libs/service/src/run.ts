/** Runs a service as a process: boot, readiness, drain, and an exit that tells the supervisor what happened. */
import { setFlagsFromString } from 'node:v8';
import { EnvironmentRefused, parseEnvironment, TracingEnvironment } from './environment.js';
import { createLog, isError, type Log } from './log.js';
import type { Tracing } from './tracing.js';

/** A service that is up. `close` stops taking work, finishes what is under way and lets go of its connections. */
export interface RunningService {
  close(): Promise<void>;
}

export interface Service {
  readonly name: string;
  readonly start: (log: Log) => Promise<RunningService>;
}

const DRAIN_MS = 10_000;

/**
 * Starts the service and, where a parent listens, sends it the message `ready`. SIGTERM, SIGINT and the parent's end
 * close the service within ten seconds, and its last spans are sent within two more. Exits 0 once it is closed; 1 when
 * it
 * cannot start, cannot close in time, or has thrown what nobody caught.
 */
export function runService({ name, start }: Service): void {
  keepRequestsYoung();
  const log = createLog(name);
  const fail = failing(name, log);
  process.on('uncaughtException', fail('ends on an uncaught exception'));
  process.on('unhandledRejection', fail('ends on an unhandled rejection'));

  let stopping = false;
  const stop = async (reason: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log.info(`${name} stops on ${reason}`);
    const late = setTimeout(() => fail('could not stop')(new Error(`not drained after ${DRAIN_MS} ms`)), DRAIN_MS);
    // A failed start has its own road out, with its own line.
    const { service, tracing } = await started.catch(() => new Promise<never>(() => {}));
    await service.close().catch(fail('could not stop'));
    clearTimeout(late);
    await tracing?.stop();
    log.info(`${name} has stopped`);
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));
  process.on('disconnect', () => void stop("its parent's end"));

  // Only now: a signal during the first steps of the start must find somebody who listens.
  const started = (async () => {
    const tracing = await tracingAsTold(name, log);
    return { service: await start(log), tracing };
  })();
  started.then(() => {
    log.info(`${name} is ready`);
    if (process.connected) process.send?.('ready');
  }, fail('could not start'));
}

/**
 * Where nearly all objects of one place in the code have survived, V8 makes those to come in the old generation. While
 * a service warms up that is so of what any request is made of; later such an object keeps all that its request has
 * led to until the whole heap is collected, which takes a tenth of a second under load.
 */
function keepRequestsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}

/** Spans where the operator wants them: only then is the SDK loaded. */
async function tracingAsTold(service: string, log: Log): Promise<Tracing | null> {
  const environment = parseEnvironment(TracingEnvironment, process.env);
  const { KEYTRAIL_OTLP_URL: url, KEYTRAIL_OTLP_SAMPLE_RATIO: sampleRatio } = environment;
  if (url === undefined) return null;
  const { startTracing } = await import('./tracing.js');
  return startTracing({ service, url, sampleRatio, log });
}

/**
 * Runs a program that ends by itself, such as a schema change. Exits 1, with one line that says why, where it fails.
 */
export async function runOnce(name: string, run: (log: Log) => Promise<void>): Promise<void> {
  const log = createLog(name);
  await run(log).catch(failing(name, log)('failed'));
}

/** The one way in which a process says that it cannot go on. */
const failing = (name: string, log: Log) => (what: string) => (error: unknown) => {
  // Where a mistake of the operator's came up in our code helps nobody to correct it.
  const fields = error instanceof EnvironmentRefused ? {} : { err: error };
  log.fatal(fields, `${name} ${what}: ${isError(error) ? error.message : 'no error was given'}`);
  process.exit(1);
};
