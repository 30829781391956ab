/** What a scraper is told, and that it is told something whatever hangs. */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { ConsumptionProgress, ConsumptionStatus } from '@keytrail/nats';
import { cacheMetrics } from './cache-metrics.js';
import { httpMetrics } from './http-metrics.js';
import { horizonMetrics, journalMetrics } from './journal-metrics.js';
import { createMetrics, METRICS_TYPE, type Metrics } from './metrics.js';
import { startHealthServer, type HealthServer } from './probe-server.js';
import { readerMetrics } from './reader-metrics.js';
import { relayMetrics } from './relay-metrics.js';
import { rpcMetrics } from './rpc-metrics.js';

let server: HealthServer | undefined;
afterEach(() => server?.close());

/** The samples of ours, and their types, without the buckets. */
async function told(metrics: Metrics): Promise<readonly string[]> {
  const page = await metrics.page();
  return page.split('\n').filter((line) => /^(?:# TYPE )?keytrail_/.test(line) && !line.includes('_bucket{'));
}

describe('the page of metrics', () => {
  it('is served beside health in the format of Prometheus, with the metrics of the process', async () => {
    server = await startHealthServer({
      host: '127.0.0.1',
      port: 0,
      checks: [],
      identity: undefined,
      metrics: createMetrics(),
    });
    const response = await fetch(`http://127.0.0.1:${server.port}/metrics`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, METRICS_TYPE]);
    const page = await response.text();
    expect(page).toContain('process_cpu_seconds_total');
    expect(page).toContain('nodejs_eventloop_lag_seconds');
  });

  it('is not there where a service has none', async () => {
    server = await startHealthServer({ host: '127.0.0.1', port: 0, checks: [], identity: undefined });
    expect((await fetch(`http://127.0.0.1:${server.port}/metrics`)).status).toBe(404);
  });

  it('leaves out what hangs, throws, rejects or is not known, and tells the rest', async () => {
    const metrics = createMetrics();
    const value = (of: number | null) => [{ labels: {}, value: of }];
    const read = (what: string, reading: Parameters<typeof metrics.read<never>>[1]) =>
      metrics.read({ name: `keytrail_spec_${what}_items`, help: 'For this spec.', labels: [] }, reading);
    read('known', () => value(7));
    read('later', async () => value(8));
    read('unknown', () => value(null));
    read('hanging', () => new Promise(() => {}));
    read('rejecting', () => Promise.reject(new Error('down')));
    read('throwing', () => {
      throw new Error('down');
    });
    const samples = (await told(metrics)).filter((line) => !line.startsWith('#'));
    expect(samples).toEqual(['keytrail_spec_known_items 7', 'keytrail_spec_later_items 8']);
  });

  it('is made once for all who ask at once, and afresh for who comes later', async () => {
    const metrics = createMetrics();
    let readings = 0;
    metrics.read({ name: 'keytrail_spec_read_total', help: 'For this spec.', labels: [] }, () => [
      { labels: {}, value: ++readings },
    ]);
    const [one, other] = await Promise.all([told(metrics), told(metrics)]);
    expect(one).toContain('keytrail_spec_read_total 1');
    expect(other).toEqual(one);
    expect(await told(metrics)).toContain('keytrail_spec_read_total 2');
  });

  it.each([
    'keytrail_lag_seconds',
    'relay_lag_seconds',
    'keytrail_relay_lag_ms',
    'keytrail_Relay_lag_seconds',
    'keytrail_bytes',
  ])('takes no name such as %s', (name) => {
    const describeBadly = () => createMetrics().counter({ name, help: 'For this spec.', labels: [] });
    expect(describeBadly).toThrow(RangeError);
  });
});

describe('what the rooms tell', () => {
  it('of requests over NATS: how long each took, what was dropped, how many are in flight and wait', async () => {
    const metrics = createMetrics();
    const onEvent = rpcMetrics(metrics, () => ({ requestsInFlight: 3, requestsWaiting: 2 }));
    onEvent({ type: 'answered', operation: 'secret.get', code: 'ok', durationMs: 20 });
    onEvent({ type: 'answered', operation: 'secret.get', code: 'ok', durationMs: 30 });
    onEvent({ type: 'answered', operation: 'unknown', code: 'request.unknown_operation', durationMs: 1 });
    onEvent({ type: 'dropped', cause: 'reply' });
    expect(await told(metrics)).toEqual([
      '# TYPE keytrail_rpc_request_seconds histogram',
      'keytrail_rpc_request_seconds_sum{operation="secret.get",code="ok"} 0.05',
      'keytrail_rpc_request_seconds_count{operation="secret.get",code="ok"} 2',
      'keytrail_rpc_request_seconds_sum{operation="unknown",code="request.unknown_operation"} 0.001',
      'keytrail_rpc_request_seconds_count{operation="unknown",code="request.unknown_operation"} 1',
      '# TYPE keytrail_rpc_dropped_total counter',
      'keytrail_rpc_dropped_total{cause="reply"} 1',
      '# TYPE keytrail_rpc_in_flight_requests gauge',
      'keytrail_rpc_in_flight_requests 3',
      '# TYPE keytrail_rpc_waiting_requests gauge',
      'keytrail_rpc_waiting_requests 2',
    ]);
  });

  it('of requests over HTTP: how long each took', async () => {
    const metrics = createMetrics();
    httpMetrics(metrics)({ route: 'createSecret', method: 'POST', status: 201, durationMs: 40 });
    expect(await told(metrics)).toContain(
      'keytrail_http_request_seconds_sum{route="createSecret",method="POST",status="201"} 0.04',
    );
  });

  it('of a journal: what waits, what was committed together, what was refused', async () => {
    const metrics = createMetrics();
    const observe = journalMetrics(metrics);
    const accesses = observe('accesses', () => 5);
    observe('decisions', () => 0).refused('full', 2);
    accesses.committed(3, 10);
    accesses.committed(1, 30);
    expect(await told(metrics)).toEqual([
      '# TYPE keytrail_journal_queue_items gauge',
      'keytrail_journal_queue_items{journal="accesses"} 5',
      'keytrail_journal_queue_items{journal="decisions"} 0',
      '# TYPE keytrail_journal_commit_items histogram',
      'keytrail_journal_commit_items_sum{journal="accesses"} 4',
      'keytrail_journal_commit_items_count{journal="accesses"} 2',
      '# TYPE keytrail_journal_commit_seconds histogram',
      'keytrail_journal_commit_seconds_sum{journal="accesses"} 0.04',
      'keytrail_journal_commit_seconds_count{journal="accesses"} 2',
      '# TYPE keytrail_journal_refused_total counter',
      'keytrail_journal_refused_total{journal="decisions",cause="full"} 2',
    ]);
  });

  it('of what holds readers back: the transaction of now, not those of before', async () => {
    const metrics = createMetrics();
    const holders = [{ holder: 'keytrail_audit active', ageSeconds: 4 }, null];
    horizonMetrics(metrics, { holder: async () => holders.shift() ?? null, unpublished: async () => 1.5 });
    expect(await told(metrics)).toContain('keytrail_postgres_horizon_seconds{holder="keytrail_audit active"} 4');
    const next = (await told(metrics)).filter((line) => !line.startsWith('#'));
    expect(next).toEqual([
      'keytrail_postgres_horizon_seconds{holder="none"} 0',
      'keytrail_journal_unpublished_seconds 1.5',
    ]);
  });

  it('of caches: how often something was found in each, and what each holds', async () => {
    const metrics = createMetrics();
    const held = { hits: 5, misses: 2, bytes: 1_500 };
    cacheMetrics(metrics, {
      secrets: { readings: () => held },
      versions: { readings: () => ({ hits: 0, misses: 0, bytes: 0 }) },
    });
    expect(await told(metrics)).toEqual([
      '# TYPE keytrail_cache_lookups_total counter',
      'keytrail_cache_lookups_total{cache="secrets",outcome="hit"} 5',
      'keytrail_cache_lookups_total{cache="secrets",outcome="miss"} 2',
      'keytrail_cache_lookups_total{cache="versions",outcome="hit"} 0',
      'keytrail_cache_lookups_total{cache="versions",outcome="miss"} 0',
      '# TYPE keytrail_cache_bytes gauge',
      'keytrail_cache_bytes{cache="secrets"} 1500',
      'keytrail_cache_bytes{cache="versions"} 0',
    ]);
    held.hits++;
    expect(await told(metrics)).toContain('keytrail_cache_lookups_total{cache="secrets",outcome="hit"} 6');
  });

  it('of a relay: what only its leader knows is told by the leader', async () => {
    const metrics = createMetrics();
    let state: 'leading' | 'standby' = 'leading';
    const relay = {
      status: () => ({ state, ordinal: 12 }),
      lag: () => (state === 'leading' ? 250 : null),
      rebuilt: () => 2,
    };
    relayMetrics(metrics, relay);
    expect(await told(metrics)).toEqual([
      '# TYPE keytrail_relay_leading_state gauge',
      'keytrail_relay_leading_state 1',
      '# TYPE keytrail_relay_stopped_state gauge',
      'keytrail_relay_stopped_state 0',
      '# TYPE keytrail_relay_published_events gauge',
      'keytrail_relay_published_events 12',
      '# TYPE keytrail_relay_lag_seconds gauge',
      'keytrail_relay_lag_seconds 0.25',
      '# TYPE keytrail_relay_rebuilt_total counter',
      'keytrail_relay_rebuilt_total 2',
    ]);
    state = 'standby';
    const standby = (await told(metrics)).filter((line) => !line.startsWith('#'));
    expect(standby).toEqual([
      'keytrail_relay_leading_state 0',
      'keytrail_relay_stopped_state 0',
      'keytrail_relay_rebuilt_total 2',
    ]);
  });

  it('of each stream that is read: how far it is, what waits, what was tried again, what is parked', async () => {
    const metrics = createMetrics();
    const reading = (progress: Partial<ConsumptionProgress>, state: ConsumptionStatus['state'] = 'following') => ({
      status: () => ({ state, ordinal: 9 }),
      progress: () => ({ ordinal: 9, pendingEvents: 4, storedMs: null, retries: 1, ...progress }),
    });
    readerMetrics(metrics, [
      { service: 'vault', consumption: reading({ storedMs: Date.now() + 5_000 }), parked: async () => 6 },
      { service: 'rotation', consumption: reading({ pendingEvents: null }, 'retrying') },
    ]);
    expect((await told(metrics)).filter((line) => !line.startsWith('#'))).toEqual([
      'keytrail_reader_following_state{service="vault"} 1',
      'keytrail_reader_following_state{service="rotation"} 0',
      'keytrail_reader_handled_events{service="vault"} 9',
      'keytrail_reader_handled_events{service="rotation"} 9',
      'keytrail_reader_pending_events{service="vault"} 4',
      'keytrail_reader_event_age_seconds{service="vault"} 0',
      'keytrail_reader_retries_total{service="vault"} 1',
      'keytrail_reader_retries_total{service="rotation"} 1',
      'keytrail_reader_parked_events{service="vault"} 6',
    ]);
  });
});
