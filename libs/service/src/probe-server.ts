/** What an orchestrator and a scraper may ask a service that has no HTTP of its own: health and metrics. */
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { readinessOf, type HealthCheck, type Readiness } from './health.js';
import { METRICS_TYPE, type Metrics } from './metrics.js';
import type { ServerIdentity } from './server-identity.js';
import { together } from './together.js';

export interface HealthServerOptions {
  readonly host: string;
  readonly port: number;
  readonly checks: readonly HealthCheck[];
  /** Served at `/metrics`. */
  readonly metrics?: Metrics;
  /** With it all of this is served over TLS, and in clear text nothing. */
  readonly identity: ServerIdentity | undefined;
}

/** `port` is the one that is listened on, where 0 was asked for too. */
export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves `/health/live`, `/health/ready` and `/metrics`. Rejects when the port is taken. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const { host, port, checks, metrics, identity } = options;
  const asked = { readiness: together(() => readinessOf(checks)), metrics };
  const tell: http.RequestListener = (request, response) => {
    const told = answer(request, asked).catch(() => json(500, { status: 'unknown' }));
    void told.then(({ status, type, text }) => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', connection: 'close' });
      response.end(request.method === 'HEAD' ? undefined : text);
    });
  };
  const bounds = { requestTimeout: 5_000, maxHeaderSize: 8_192 };
  const server = identity ? https.createServer({ ...bounds, ...identity }, tell) : http.createServer(bounds, tell);
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

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const json = (status: number, body: object): Answer => ({
  status,
  type: 'application/json',
  text: JSON.stringify(body),
});

interface Asked {
  readonly readiness: () => Promise<Readiness>;
  readonly metrics: Metrics | undefined;
}

async function answer({ method, url }: http.IncomingMessage, { readiness, metrics }: Asked): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return json(405, { status: 'unknown' });
  if (url === '/health/live') return json(200, { status: 'live' });
  if (url === '/metrics' && metrics !== undefined)
    return { status: 200, type: METRICS_TYPE, text: await metrics.page() };
  if (url !== '/health/ready') return json(404, { status: 'unknown' });
  const { ready, failing } = await readiness();
  return ready ? json(200, { status: 'ready' }) : json(503, { status: 'not ready', failing });
}
