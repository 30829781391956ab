/** Tells an orchestrator whether a process lives and whether it can work: `/health/live` and `/health/ready`. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** Something that a service cannot work without. It fails by `false`, by rejecting, or by taking over a second. */
export interface HealthCheck {
  readonly name: string;
  check(): Promise<void> | boolean;
}

/** `failing` holds the names of the checks that fail. */
export interface Readiness {
  readonly ready: boolean;
  readonly failing: readonly string[];
}

const CHECK_MS = 1_000;

/** Asks every check at once. Never rejects, and answers within a second or so. */
export async function readinessOf(checks: readonly HealthCheck[]): Promise<Readiness> {
  const passed = await Promise.all(checks.map(passes));
  const failing = checks.filter((_, index) => passed[index] === false).map(({ name }) => name);
  return { ready: failing.length === 0, failing };
}

async function passes(probe: HealthCheck): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), CHECK_MS);
  });
  try {
    return (await Promise.race([probe.check(), late])) !== false;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

export interface HealthServerOptions {
  readonly host: string;
  readonly port: number;
  readonly checks: readonly HealthCheck[];
}

/** `port` is the one that is listened on, where 0 was asked for too. */
export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves both answers for a service that has no HTTP of its own. Rejects when the port is taken. */
export async function startHealthServer({ host, port, checks }: HealthServerOptions): Promise<HealthServer> {
  const server = http.createServer({ requestTimeout: 5_000, maxHeaderSize: 8_192 }, (request, response) => {
    void answer(request, response, checks);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  { method, url }: http.IncomingMessage,
  response: http.ServerResponse,
  checks: readonly HealthCheck[],
): Promise<void> {
  const send = (status: number, body: object): void => {
    response.writeHead(status, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      connection: 'close',
    });
    response.end(method === 'HEAD' ? undefined : JSON.stringify(body));
  };
  if (method !== 'GET' && method !== 'HEAD') return send(405, { status: 'unknown' });
  if (url === '/health/live') return send(200, { status: 'live' });
  if (url !== '/health/ready') return send(404, { status: 'unknown' });
  const { ready, failing } = await readinessOf(checks);
  return ready ? send(200, { status: 'ready' }) : send(503, { status: 'not ready', failing });
}
