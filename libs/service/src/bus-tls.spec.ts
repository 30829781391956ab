/** Which connections to nats-server are encrypted. */
import { describe, expect, it } from '@jest/globals';
import { busTlsOf } from './bus-tls.js';

describe('a connection to nats-server', () => {
  it.each([
    ['nats://127.0.0.1:4222', undefined, {}],
    ['tls://nats:4222', undefined, { tls: {} }],
    ['tls://nats:4222', '/ca.pem', { tls: { caFile: '/ca.pem' } }],
    ['nats://127.0.0.1:4222', '/ca.pem', { tls: { caFile: '/ca.pem' } }],
  ])('to %s with the CA %s has the options %j', (url, caFile, options) => {
    expect(busTlsOf({ KEYTRAIL_NATS_URL: url, KEYTRAIL_NATS_CA_FILE: caFile })).toEqual(options);
  });
});
