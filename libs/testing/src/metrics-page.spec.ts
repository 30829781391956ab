/** A check that lets a private label pass would prove nothing. */
import { describe, expect, it } from '@jest/globals';
import { misplacedSamples, samplesOf } from './metrics-page.js';

const page = [
  '# HELP keytrail_rpc_request_seconds How long.',
  'keytrail_rpc_request_seconds_bucket{le="0.5",operation="secret.get"} 3',
  'keytrail_relay_lag_seconds 1.5e-3',
  'keytrail_cache_bytes 64',
  'process_cpu_seconds_total 4',
  '',
].join('\n');

describe('a page of metrics', () => {
  it('is read sample by sample', () => {
    expect(samplesOf(page)).toEqual([
      { name: 'keytrail_rpc_request_seconds_bucket', labels: { le: '0.5', operation: 'secret.get' }, value: 3 },
      { name: 'keytrail_relay_lag_seconds', labels: {}, value: 0.0015 },
      { name: 'keytrail_cache_bytes', labels: {}, value: 64 },
      { name: 'process_cpu_seconds_total', labels: {}, value: 4 },
    ]);
    expect(() => samplesOf('<html>')).toThrow();
  });

  it('is in order without names of other forms and without what is hidden', () => {
    expect(misplacedSamples(page, ['acme'])).toEqual([]);
  });

  it.each([
    'keytrail_lag_seconds 1',
    'keytrail_relay_lag_ms 1',
    'keytrail_bytes 1',
    'relay_lag_seconds 1',
    'keytrail_rpc_request_seconds_sum{operation="x of acme"} 1',
    'process_open_fds{who="tenant.acme.openai.prod"} 1',
  ])('is out of order with %s', (line) => {
    expect(misplacedSamples(`${page}${line}\n`, ['acme'])).toHaveLength(1);
  });
});
