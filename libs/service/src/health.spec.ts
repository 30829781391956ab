/** What an orchestrator hears. */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { HealthCheck } from './health.js';
import { startHealthServer, type HealthServer } from './probe-server.js';

let server: HealthServer | undefined;
afterEach(() => server?.close());

async function ask(path: string, checks: readonly HealthCheck[]): Promise<{ status: number; body: unknown }> {
  server = await startHealthServer({ host: '127.0.0.1', port: 0, checks, identity: undefined });
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
  return { status: response.status, body: await response.json() };
}

const passing: HealthCheck = { name: 'nats', check: () => true };

describe('a service', () => {
  it('lives as long as it answers, whatever its checks say', async () => {
    expect(await ask('/health/live', [{ name: 'nats', check: () => false }])).toEqual({
      status: 200,
      body: { status: 'live' },
    });
  });

  it('is ready when every check passes', async () => {
    expect(await ask('/health/ready', [passing, { name: 'db', check: () => Promise.resolve() }])).toMatchObject({
      status: 200,
    });
  });

  it('is not ready, and says which checks fail: by false, by rejecting, by throwing, by never answering', async () => {
    const checks: HealthCheck[] = [
      passing,
      { name: 'false', check: () => false },
      { name: 'rejects', check: () => Promise.reject(new Error('down')) },
      {
        name: 'throws',
        check: () => {
          throw new Error('down');
        },
      },
      { name: 'hangs', check: () => new Promise(() => {}) },
    ];
    expect(await ask('/health/ready', checks)).toEqual({
      status: 503,
      body: { status: 'not ready', failing: ['false', 'rejects', 'throws', 'hangs'] },
    });
  });

  it('knows no other path', async () => {
    expect(await ask('/health/ready/', [passing])).toMatchObject({ status: 404 });
  });
});
