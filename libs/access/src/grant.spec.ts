/** What a grant permits, held against a second telling of what grants mean. */
import { validate } from '@cedar-policy/cedar-wasm/nodejs';
import { describe, expect, it } from '@jest/globals';
import { GRANTABLE, type GrantFacts, type Hours, LIMITS, Reference, Weekday } from '@keytrail/contracts';
import fc from 'fast-check';
import { acme, ada, asked, at, factsOf, grantOf, noonMs, room, somebody } from './access.fixture.js';
import { textOf } from './cedar.js';
import type { Circumstances } from './circumstances.js';
import { Decisions } from './decisions.js';
import { grantStatement } from './grant.js';
import { POLICY_SCHEMA } from './schema.js';

const decisions = new Decisions({ remember: false });
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** As somebody would tell it who has read what the contracts say, and nothing else. */
const told = {
  covers: (pattern: string, reference: string): boolean =>
    new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^.]*')}$`).test(reference),

  bits(address: string): string {
    const size = address.includes(':') ? 16 : 8;
    const numbers = (part: string) => (part === '' ? [] : part.split(size === 16 ? ':' : '.'));
    const [head = [], tail = []] = address.split('::').map(numbers);
    const left = address.includes('::') ? Array<string>(8 - head.length - tail.length).fill('0') : [];
    const digits = [...head, ...left, ...tail].map((group) => Number.parseInt(group, size === 16 ? 16 : 10));
    return digits.map((group) => group.toString(2).padStart(size, '0')).join('');
  },

  isWithin(network: string, ip: string): boolean {
    const [[address = '', length], bits] = [network.split('/'), told.bits(ip)];
    const prefix = told.bits(address);
    return prefix.length === bits.length && bits.startsWith(prefix.slice(0, Number(length ?? bits.length)));
  },

  /** The hours of a day begin on it, and end on the next one where they end no later than they begin. */
  isDuring({ from, to, days = Weekday.options }: Hours, nowMs: number): boolean {
    const midnightMs = nowMs - (nowMs % DAY_MS);
    return [midnightMs, midnightMs - DAY_MS].some((dayMs) => {
      const startMs = Date.parse(`${at(dayMs).slice(0, 10)}T${from}:00.000Z`);
      const sameDayMs = Date.parse(`${at(dayMs).slice(0, 10)}T${to}:00.000Z`);
      const endMs = sameDayMs > startMs ? sameDayMs : sameDayMs + DAY_MS;
      const weekday = new Date(dayMs).toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' }).toLowerCase();
      return days.some((day) => day === weekday) && startMs <= nowMs && nowMs < endMs;
    });
  },

  permits(grant: GrantFacts, reference: string, { nowMs, ip, purpose }: Circumstances): boolean {
    const { pattern, permissions, expiresAt, purposes, networks, hours } = grant;
    return [
      permissions.includes('secret.decrypt'),
      told.covers(pattern, reference),
      expiresAt === undefined || nowMs < Date.parse(expiresAt),
      purposes === undefined || (purpose !== undefined && purposes.includes(purpose)),
      networks === undefined || (typeof ip === 'string' && networks.some((network) => told.isWithin(network, ip))),
      hours === undefined || told.isDuring(hours, nowMs),
    ].every(Boolean);
  },
};

const oneOf = <T>(...all: readonly T[]) => fc.constantFrom(...all);
/** What permits nearly always, now and then something else: conditions are many, and all must hold. */
const mostly = <T, U>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<U>) =>
  fc.oneof({ arbitrary: usual, weight: 6 }, { arbitrary: other, weight: 1 });

const anyReference = fc
  .tuple(oneOf('openai', 'open', 'o', 'stripe'), oneOf('prod', 'prod-eu', 'p', 'test'))
  .map(([provider, key]) => Reference.parse(`tenant.acme.${provider}.${key}`));
const anyPart = (name: string) =>
  fc.nat(name.length).chain((n) => mostly(oneOf('*', `${name.slice(0, n)}*`, name), oneOf(`${name}x*`, 'o', 'p')));
const anyPattern = (reference: Reference) => {
  const [, , provider = '', key = ''] = reference.split('.');
  return fc
    .tuple(mostly(fc.constant('acme'), oneOf('acm', 'acme-2')), anyPart(provider), anyPart(key))
    .map((parts) => `tenant.${parts.join('.')}`);
};

const anyV4 = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 });
const anyV6 = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 });
/** As it is written in full, or as short as can be. */
const written = (groups: readonly number[], short = true): string => {
  if (groups.length === 4) return groups.join('.');
  const full = groups.map((group) => group.toString(16)).join(':');
  return short ? new URL(`http://[${full}]`).hostname.slice(1, -1) : full;
};
/** An address, and one that differs from it in no more than a bit: networks that end there tell them apart. */
const anyPair = fc
  .tuple(fc.oneof(anyV4, anyV6), fc.nat(127), fc.boolean(), fc.nat(128))
  .map(([groups, place, isFlipped, length]) => {
    const [size, bits] = groups.length === 4 ? [8, 32] : [16, 128];
    const bit = place % bits;
    const flip = isFlipped ? 1 << (size - 1 - (bit % size)) : 0;
    const near = groups.map((group, i) => (i === Math.floor(bit / size) ? group ^ flip : group));
    const network = length > bits ? written(groups) : `${written(groups, length % 2 === 0)}/${length}`;
    return { network, ip: written(near) };
  })
  .filter(({ ip, network }) => !`${ip} ${network}`.includes('::ffff:'));

const anyClock = fc
  .tuple(fc.nat(23), oneOf(0, 1, 30, 59))
  .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));
const anyHours = fc.record(
  { from: anyClock, to: anyClock, days: fc.uniqueArray(oneOf(...Weekday.options), { minLength: 1, maxLength: 6 }) },
  { requiredKeys: ['from', 'to'] },
);
/** Often at the very moment at which hours begin or end. */
const anyMoment = (hours: Hours | undefined) => {
  const minutes = [hours?.from ?? '00:00', hours?.to ?? '00:00'].map(
    (time) => (Date.parse(`1970-01-01T${time}Z`) / MINUTE_MS) % 1440,
  );
  const inDay = fc.oneof(
    oneOf(...minutes.flatMap((minute) => [-1, 0, 1, MINUTE_MS].map((ms) => minute * MINUTE_MS + ms))),
    fc.nat(DAY_MS - 1),
  );
  return fc.tuple(fc.nat(20), inDay).map(([day, ms]) => Date.parse('2026-05-25T00:00:00.000Z') + day * DAY_MS + ms);
};

/** Grants, and a question that lies near to what they permit. */
const anyCase = fc
  .tuple(fc.option(anyHours, { nil: undefined }), anyReference, anyPair, anyPair)
  .chain(([hours, reference, pair, other]) =>
    fc.tuple(anyMoment(hours as Hours | undefined), fc.constant({ hours, reference, pair, other })),
  )
  .chain(([nowMs, { hours, reference, pair, other }]) => {
    const facts = fc.record(
      {
        pattern: anyPattern(reference),
        permissions: mostly(oneOf(['secret.decrypt'], ['secret.get', 'secret.decrypt']), fc.constant(['secret.get'])),
        expiresAt: mostly(oneOf(1, 999, MINUTE_MS, DAY_MS), oneOf(-MINUTE_MS, -1, 0)).map((ms) => at(nowMs + ms)),
        purposes: mostly(oneOf(['deploy'], ['deploy', 'debug']), fc.constant(['Deploy'])),
        networks: fc.subarray([pair.network, other.network, '10.0.0.0/8'], { minLength: 1 }),
        ...(hours !== undefined && { hours: fc.constant(hours) }),
      },
      { requiredKeys: ['pattern', 'permissions'] },
    );
    return fc.record({
      grants: fc.array(facts, { minLength: 1, maxLength: 3 }),
      reference: fc.constant(reference),
      nowMs: fc.constant(nowMs),
      ip: mostly(oneOf(pair.ip, other.ip), oneOf('10.1.2.3', null)),
      purpose: mostly(fc.constant('deploy'), oneOf('debug', 'deploy ', undefined)),
    });
  });

describe('grants', () => {
  it('permit what they are told to permit, and tell which of them did', () => {
    let permitted = 0;
    fc.assert(
      fc.property(anyCase, ({ grants: generated, reference, ...circumstances }) => {
        const grants = generated.map((facts) => grantOf(facts));
        const standing = grants.filter((grant) => told.permits(grant, reference, circumstances));
        const facts = factsOf({ principalState: somebody({ grants }) });
        const { allowed, decidedBy } = decisions.decide(facts, asked({ reference }, circumstances));
        permitted += Number(allowed);
        expect(decidedBy).toEqual(standing.map(({ grantId }) => `grant:${grantId}`));
        expect(allowed).toBe(standing.length > 0);
      }),
      { numRuns: 250 },
    );
    expect(permitted).toBeGreaterThan(15);
  });

  const decide = (facts: Partial<GrantFacts>, circumstances: Partial<Circumstances> = {}) =>
    decisions.decide(factsOf({ principalState: somebody({ grants: [grantOf(facts)] }) }), asked({}, circumstances));

  it.each([
    ['2026-06-01T12:00:00.000Z', false],
    ['2026-06-01T12:00:00.001Z', true],
    ['2026-06-01T11:59:59.999Z', false],
    ['9999-12-31T23:59:59.999Z', true],
    ['0001-01-01T00:00:00.000Z', false],
  ])('that end at %s permit at noon: %p', (expiresAt, expected) => {
    expect(decide({ expiresAt }).allowed).toBe(expected);
  });

  it('that end within a minute permit up to their last millisecond', () => {
    const expiresAt = at(noonMs + 30_000);
    expect(decide({ expiresAt }, { nowMs: noonMs + 29_999 })).toMatchObject({
      allowed: true,
      validUntilMs: noonMs + 30_000,
    });
    expect(decide({ expiresAt }, { nowMs: noonMs + 30_000 }).allowed).toBe(false);
  });

  it('for a network permit nothing to whoever comes from nobody knows where', () => {
    expect(decide({ networks: ['0.0.0.0/0', '::/0'] }, { ip: '192.0.2.1' }).allowed).toBe(true);
    expect(decide({ networks: ['0.0.0.0/0', '::/0'] }, { ip: null }).allowed).toBe(false);
    expect(decide({ networks: ['0.0.0.0/0', '::/0'] }, { ip: 'fe80::1%eth0' }).allowed).toBe(false);
  });

  it('for an IPv4 network permit an IPv4 address however a socket writes it', () => {
    expect(decide({ networks: ['10.0.0.0/8'] }, { ip: '::ffff:10.1.2.3' }).allowed).toBe(true);
    expect(decide({ networks: ['10.0.0.0/8'] }, { ip: '::ffff:11.1.2.3' }).allowed).toBe(false);
    expect(decide({ networks: ['::/0'] }, { ip: '::ffff:10.1.2.3' }).allowed).toBe(false);
  });

  it('from an hour to the same hour permit a day of each that they name', () => {
    const hours = { from: '09:00', to: '09:00', days: ['monday'] };
    const isWithin = (time: string) =>
      decide({ hours } as object, { nowMs: Date.parse(`2026-06-0${time}:00.000Z`) }).allowed;
    expect(['1T08:59', '1T09:00', '2T08:59', '2T09:00', '7T09:00'].map(isWithin)).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
  });

  it('may say all that a grant can, at once', () => {
    const facts: Partial<GrantFacts> = {
      permissions: [...GRANTABLE],
      expiresAt: at(noonMs + DAY_MS),
      purposes: Array.from({ length: LIMITS.listedConditions }, (_, i) => `${'"'.repeat(190)}${i}`),
      networks: Array.from({ length: LIMITS.listedConditions }, (_, i) => `10.${i}.0.0/16`),
      hours: { from: '22:00', to: '21:59', days: [...Weekday.options] },
    };
    const circumstances = { ip: '10.15.0.1', purpose: `${'"'.repeat(190)}15` };
    expect(decide(facts, circumstances).allowed).toBe(true);
    expect(decide(facts, { ...circumstances, ip: '10.16.0.1' }).allowed).toBe(false);
  });

  it('permit mutations where the profile is strict to nobody who is no administrator of all', () => {
    const grants = [grantOf({ permissions: ['secret.revoke', 'secret.get'] })];
    const decideOn = (profile: 'strict' | 'delegated', permission: 'secret.revoke' | 'secret.get') =>
      decisions.decide(
        factsOf({ principalState: somebody({ grants }), workspaceState: room({ profile }) }),
        asked({ permission }),
      );
    expect(decideOn('delegated', 'secret.revoke').allowed).toBe(true);
    expect(decideOn('strict', 'secret.get').allowed).toBe(true);
    expect(decideOn('strict', 'secret.revoke')).toMatchObject({
      allowed: false,
      reason: 'principal.not_permitted',
      decidedBy: ['profile:strict'],
    });
  });
});

describe('the text of a grant', () => {
  it('is a policy of the schema, whatever the grant says', () => {
    fc.assert(
      fc.property(anyCase, ({ grants }) => {
        const texts = grants.map((facts) => textOf(grantStatement(ada, grantOf(facts))));
        const answer = validate({ schema: POLICY_SCHEMA, policies: { staticPolicies: texts.join('\n') } });
        expect(answer).toMatchObject({ type: 'success', validationErrors: [], validationWarnings: [] });
      }),
      { numRuns: 30 },
    );
  });

  it('tells all that the grant does, and whom it is for', () => {
    const grant = grantOf({
      purposes: ['deploy'],
      networks: ['10.0.0.0/8', '::1'],
      hours: { from: '22:00', to: '06:00', days: ['friday'] },
      expiresAt: '2027-01-01T00:00:00.000Z',
    });
    const [scope, condition = ''] = textOf(grantStatement(ada, grant)).split(' when ');
    expect(scope).toBe(
      `permit(principal == Keytrail::Principal::"${ada}", action in [Keytrail::Action::"secret.decrypt"], ` +
        `resource in Keytrail::Workspace::"${acme}")`,
    );
    expect(condition.replaceAll(/[()]/g, '')).toBe(
      '{ resource.reference like "tenant.acme.*.*" && context.now < datetime"2027-01-01T00:00:00.000Z" && ' +
        'context has purpose && ["deploy"].containscontext.purpose && ' +
        'context has ip && context.ip.isInRangeip"10.0.0.0/8" || context.ip.isInRangeip"::1" && ' +
        '["friday"].containscontext.weekday && context.minuteOfDay >= 1320 || ' +
        '["saturday"].containscontext.weekday && context.minuteOfDay < 360 };',
    );
  });
});
