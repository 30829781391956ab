/** What the gateway alone reads from its environment. */
import { describe, expect, it } from '@jest/globals';
import { Environment } from './environment.js';

const proxies = Environment.shape.KEYTRAIL_TRUSTED_PROXIES;

describe('the trusted proxies', () => {
  it('are none, unless somebody names them', () => {
    expect(proxies.parse(undefined)).toEqual([]);
  });

  it('are addresses and networks', () => {
    expect(proxies.parse('10.0.0.7, 10.1.0.0/16,2001:db8::/32,::1')).toEqual([
      '10.0.0.7',
      '10.1.0.0/16',
      '2001:db8::/32',
      '::1',
    ]);
  });

  it.each([
    'true',
    'loopback',
    'proxy.internal',
    '10.0.0',
    '10.0.0.0/33',
    '2001:db8::/129',
    '10.0.0.7,',
    '1',
    '10.0.0.0/',
  ])('are not %s', (list) => {
    expect(proxies.safeParse(list).error?.issues.map(({ message }) => message)).toEqual([
      'is not a list of addresses and networks, such as 10.0.0.7,10.1.0.0/16',
    ]);
  });

  it.each(['0.0.0.0/0', '::/0', '10.0.0.7/00'])('are not everybody: %s', (list) => {
    expect(proxies.safeParse(list).error?.issues.map(({ message }) => message)).toEqual([
      'trusts the whole world: name your proxies',
    ]);
  });
});
