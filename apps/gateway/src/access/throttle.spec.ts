/** How long guessing takes. */
import { AuthenticatedCaller } from '@keytrail/contracts';
import { mintPrincipal } from '@keytrail/crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Provenance } from '../http/origin.js';
import { Refusal } from '../http/problem.js';
import type { Authenticator } from './authenticator.js';
import { throttled } from './throttle.js';

const caller = AuthenticatedCaller.parse({ principal: mintPrincipal(), kind: 'user', displayName: 'x', roles: [] });
const from = (ip: string): Provenance => ({ edge: { ip } }) as Provenance;

/** Knows one token; is told of others, and is not there for a third. */
const vault: Authenticator = {
  authenticate: async (token) => {
    if (token === 'right' || (token === 'withdrawn' && !isWithdrawn)) return caller;
    throw new Refusal(token === 'later' ? 'service.unavailable' : 'auth.invalid', 'no');
  },
};

let nowMs: number;
let isWithdrawn = false;
let door: Authenticator;
beforeEach(() => {
  nowMs = 1_000_000;
  door = throttled(vault, { failures: 3, windowMs: 60_000, networks: 2, now: () => nowMs });
});

async function codeOf(token: string, ip: string): Promise<string> {
  try {
    await door.authenticate(token, from(ip));
    return 'let in';
  } catch (error) {
    return (error as Refusal).code;
  }
}

async function fail(ip: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) expect(await codeOf('wrong', ip)).toBe('auth.invalid');
}

describe('an address', () => {
  it('that has failed too often has to wait, with a valid token too, and no other address has', async () => {
    await fail('192.0.2.1', 3);
    expect(await codeOf('wrong', '192.0.2.1')).toBe('auth.throttled');
    expect(await codeOf('right', '192.0.2.1')).toBe('auth.throttled');
    expect(await codeOf('right', '192.0.2.2')).toBe('let in');
  });

  it('is told for how long, and may try again then', async () => {
    await fail('192.0.2.1', 3);
    nowMs += 20_500;
    await expect(door.authenticate('right', from('192.0.2.1'))).rejects.toMatchObject({ retryAfterSeconds: 40 });
    nowMs += 39_500;
    await fail('192.0.2.1', 3);
    expect(await codeOf('right', '192.0.2.1')).toBe('auth.throttled');
  });

  it('pays neither for what succeeds nor for a vault that is away', async () => {
    await fail('192.0.2.1', 2);
    for (let i = 0; i < 9; i++) expect(await codeOf('withdrawn', '192.0.2.1')).toBe('let in');
    for (let i = 0; i < 9; i++) expect(await codeOf('later', '192.0.2.1')).toBe('service.unavailable');
    await fail('192.0.2.1', 1);
    expect(await codeOf('right', '192.0.2.1')).toBe('auth.throttled');
  });

  it('lets those in who were let in before, until their token is no longer good', async () => {
    isWithdrawn = false;
    expect(await codeOf('withdrawn', '192.0.2.9')).toBe('let in');
    await fail('192.0.2.1', 3);
    expect(await codeOf('withdrawn', '192.0.2.1')).toBe('let in');
    isWithdrawn = true;
    expect(await codeOf('withdrawn', '192.0.2.1')).toBe('auth.invalid');
    expect(await codeOf('withdrawn', '192.0.2.1')).toBe('auth.throttled');
    isWithdrawn = false;
  });

  it('of IPv6 shares its attempts with those that its machine has besides', async () => {
    for (const end of ['::1', '::ffff', ':1:2:3:4']) await fail(`2001:db8:0:7${end}`, 1);
    expect(await codeOf('right', '2001:db8:0:7::9')).toBe('auth.throttled');
    expect(await codeOf('right', '2001:db8:0:8::9')).toBe('let in');
  });

  it('is forgotten when more others have failed than are remembered', async () => {
    await fail('192.0.2.1', 3);
    await fail('192.0.2.2', 3);
    expect(await codeOf('right', '192.0.2.1')).toBe('auth.throttled');
    await fail('192.0.2.3', 1);
    expect(await codeOf('wrong', '192.0.2.2')).toBe('auth.throttled');
    expect(await codeOf('right', '192.0.2.1')).toBe('let in');
  });
});
