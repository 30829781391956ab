/** What is known of a request, as Cedar is told it, and as far as decisions depend on it. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { at, noonMs } from './access.fixture.js';
import { Cedar } from './cedar.js';
import { type Circumstances, contextOf, keyOf, minuteEndMs, minuteStartMs } from './circumstances.js';
import type { Circumstance } from './expression.js';

const MINUTE_MS = 60_000;

const addressIn = (ip: string | null | undefined) => contextOf({ nowMs: noonMs, ip })['ip'] ?? null;
const taken = (address: string) => ({ __extn: { fn: 'ip', arg: address } });

describe('an address', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::FFFF:10.1.2.3', '10.1.2.3'],
    ['::', '::'],
    ['::1', '::1'],
    ['FE80::1', 'FE80::1'],
    ['2001:db8:0:0:0:0:0:1', '2001:db8:0:0:0:0:0:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7::'],
    ['1::3:4:5:6:7:8', '1::3:4:5:6:7:8'],
  ])('may be %s', (ip, address) => {
    expect(addressIn(ip)).toEqual(taken(address));
  });

  it.each([
    null,
    undefined,
    '',
    'localhost',
    'fe80::1%eth0',
    '10.1.2',
    '10.1.2.3.4',
    '10.1.2.3.',
    '.10.1.2',
    '10.1.2.256',
    '010.1.2.3',
    '0x0a.1.2.3',
    '167838211',
    '10.1.2.3/8',
    '10.1.2.3:443',
    '10.1.2.3\n',
    ' 10.1.2.3',
    '１0.1.2.3',
    '::ffff:10.1.2',
    '::10.1.2.3',
    '64:ff9b::10.1.2.3',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    '::g',
    '[::1]',
    '1:',
    ':1',
    '::1/128',
  ])('is none that is written %j', (ip) => {
    expect(addressIn(ip)).toBeNull();
  });

  it('is one to Cedar too, or none: no request fails for how it is written', () => {
    const cedar = new Cedar();
    const statements = () => ({ any: 'permit (principal, action, resource) when { context has ip };' });
    const thing = { type: 'Thing', id: 'it' };
    const asked = { principal: thing, action: { type: 'Action', id: 'look' }, resource: thing, entities: [] };
    const anyText = fc.array(fc.constantFrom(...'0123456789af:.%/', '::', '255'), { maxLength: 16 });
    const anyAddress = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      anyText.map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(anyAddress, (ip) => {
        const context = contextOf({ nowMs: noonMs, ip });
        expect(cedar.decide('set', statements, { ...asked, context })).toMatchObject({
          allowed: 'ip' in context,
          failed: [],
        });
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the time', () => {
  it.each([
    ['2026-06-01T00:00:00.000Z', { minuteOfDay: 0, weekday: 'monday' }],
    ['2026-06-01T00:00:59.999Z', { minuteOfDay: 0, weekday: 'monday' }],
    ['2026-06-01T00:01:00.000Z', { minuteOfDay: 1, weekday: 'monday' }],
    ['2026-06-06T23:59:59.999Z', { minuteOfDay: 1_439, weekday: 'saturday' }],
    ['2026-06-07T12:30:00.000Z', { minuteOfDay: 750, weekday: 'sunday' }],
    ['2024-02-29T12:00:00.000Z', { minuteOfDay: 720, weekday: 'thursday' }],
    ['1969-12-31T23:59:59.999Z', { minuteOfDay: 1_439, weekday: 'wednesday' }],
  ])('at %s is that of its minute, in UTC', (time, expected) => {
    const now = { __extn: { fn: 'datetime', arg: `${time.slice(0, 17)}00.000Z` } };
    expect(contextOf({ nowMs: Date.parse(time) })).toEqual({ now, ...expected });
  });

  it('is of one minute, and of no other', () => {
    const anyMs = fc.integer({
      min: Date.parse('0001-01-01T00:00:00.000Z'),
      max: Date.parse('9999-12-31T23:59:59.999Z'),
    });
    fc.assert(
      fc.property(anyMs, (nowMs) => {
        const startMs = minuteStartMs(nowMs);
        expect(startMs).toBeLessThanOrEqual(nowMs);
        expect(nowMs).toBeLessThan(minuteEndMs(nowMs));
        expect(minuteEndMs(nowMs) - startMs).toBe(MINUTE_MS);
        expect(at(startMs).slice(0, 16)).toBe(at(nowMs).slice(0, 16));
        expect([minuteStartMs(startMs), minuteStartMs(startMs - 1)]).toEqual([startMs, startMs - MINUTE_MS]);
      }),
    );
  });
});

describe('what a decision has read', () => {
  const some: Circumstances = { nowMs: noonMs, ip: '10.1.2.3', purpose: 'deploy', role: 'auditor' };
  const others: Readonly<Record<Circumstance, Partial<Circumstances>>> = {
    time: { nowMs: noonMs + MINUTE_MS },
    ip: { ip: '10.1.2.4' },
    purpose: { purpose: 'debug' },
    role: { role: undefined },
  };
  const CIRCUMSTANCES = Object.keys(others) as Circumstance[];
  const anyRead = fc.subarray(CIRCUMSTANCES).map((read) => new Set(read));

  it('tells circumstances apart, and nothing else does', () => {
    fc.assert(
      fc.property(anyRead, fc.constantFrom(...CIRCUMSTANCES), (read, changed) => {
        const isSame = keyOf(read, some) === keyOf(read, { ...some, ...others[changed] });
        expect(isSame).toBe(!read.has(changed));
      }),
    );
  });
  it('cannot be mistaken for something else that was read', () => {
    const anyWord = fc.constantFrom(undefined, '', 'null', '"', ',', 'a,b', 'a","b', 'null,null');
    const read = new Set<Circumstance>(['purpose', 'role']);
    fc.assert(
      fc.property(fc.tuple(anyWord, anyWord), fc.tuple(anyWord, anyWord), (one, other) => {
        const key = ([purpose, role]: typeof one) => keyOf(read, { nowMs: noonMs, purpose, role });
        expect(key(one) === key(other)).toBe(one[0] === other[0] && one[1] === other[1]);
      }),
      { numRuns: 500 },
    );
  });
  it('is the same within a minute, and however an address is written', () => {
    const read = new Set<Circumstance>(['time', 'ip']);
    const mapped = { ...some, ip: '::ffff:10.1.2.3', nowMs: noonMs + MINUTE_MS - 1 };
    expect(keyOf(read, mapped)).toBe(keyOf(read, some));
    expect(keyOf(read, { ...some, ip: 'nonsense' })).toBe(keyOf(read, { ...some, ip: null }));
  });
});
