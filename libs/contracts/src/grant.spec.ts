/** What a grant may say: patterns and what they cover, conditions, and what must not fit. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { covers, GiveGrantRequest, GrantGivenData, overlap, ReferencePattern, workspaceOfPattern } from './grant.js';
import { Reference } from './ids.js';

const longest = `tenant.${'a'.repeat(32)}.${'b'.repeat(32)}*.${'c'.repeat(64)}*`;

describe('a pattern', () => {
  it.each([
    'tenant.acme.openai.prod',
    'tenant.acme.openai.*',
    'tenant.acme.openai.prod*',
    'tenant.acme.open*.prod',
    'tenant.acme.*.prod',
    'tenant.acme.*.*',
    'tenant.a.b*.c*',
    'tenant.a-1.open_ai-2*.x-_*',
    longest,
  ])('may be %s', (text) => {
    expect(ReferencePattern.safeParse(text).success).toBe(true);
  });

  it.each([
    '*',
    '**',
    '',
    'tenant.*',
    'tenant.*.*.*',
    'tenant.*.openai.prod',
    'tenant.ac*.openai.prod',
    'tenant..*.*',
    'tenant.acme',
    'tenant.acme.*',
    'tenant.acme.*.*.*',
    'tenant.acme.*.',
    '*.acme.openai.prod',
    'tenant*.acme.openai.prod',
    'tenant.acme.**.prod',
    'tenant.acme.*ai.prod',
    'tenant.acme.o*i.prod',
    'tenant.acme.openai.**',
    'tenant.acme.openai.p*d',
    'tenant.acme.openai.>',
    'tenant.acme.openai.?',
    'tenant.acme.openai.[a-z]',
    'tenant.acme.openai.PROD*',
    'tenant.acme.1*.prod',
    'tenant.acme.-*.prod',
    'tenant._system.*.*',
    'tenant.acme.openai.*\n',
    ' tenant.acme.openai.*',
    `${longest}*`,
    `tenant.acme.${'b'.repeat(33)}*.prod`,
  ])('may not be %j', (text) => {
    expect(ReferencePattern.safeParse(text).success).toBe(false);
  });

  it('names one workspace', () => {
    expect(workspaceOfPattern(ReferencePattern.parse('tenant.acme.*.*'))).toBe('acme');
  });
});

describe('a pattern covers', () => {
  const isCovered = (pattern: string, reference: string) =>
    covers(ReferencePattern.parse(pattern), Reference.parse(reference));

  it.each([
    ['tenant.acme.openai.prod', 'tenant.acme.openai.prod', true],
    ['tenant.acme.openai.prod', 'tenant.acme.openai.prod2', false],
    ['tenant.acme.openai.prod', 'tenant.acme.openai.pro', false],
    ['tenant.acme.openai.prod*', 'tenant.acme.openai.prod', true],
    ['tenant.acme.openai.prod*', 'tenant.acme.openai.prod2', true],
    ['tenant.acme.openai.prod*', 'tenant.acme.openai.pro', false],
    ['tenant.acme.openai.*', 'tenant.acme.openai.x', true],
    ['tenant.acme.openai.*', 'tenant.acme.openai2.x', false],
    ['tenant.acme.open*.prod', 'tenant.acme.openai.prod', true],
    ['tenant.acme.open*.prod', 'tenant.acme.openai.test', false],
    ['tenant.acme.ai*.prod', 'tenant.acme.openai.prod', false],
    ['tenant.acme.openai.rod*', 'tenant.acme.openai.prod', false],
    ['tenant.acme.*.*', 'tenant.acme.stripe.test', true],
    ['tenant.acme.*.*', 'tenant.acme2.stripe.test', false],
    ['tenant.acme.*.*', 'tenant.acm.stripe.test', false],
    ['tenant.acme.*.prod', 'tenant.globex.openai.prod', false],
  ])('%s %s: %p', (pattern, reference, expected) => {
    expect(isCovered(pattern, reference)).toBe(expected);
  });

  const anyName = fc.stringMatching(/^[a-z][a-z0-9_-]{0,5}$/);
  const anyParts = fc.tuple(fc.constantFrom('acme', 'acme-2', 'globex'), anyName, anyName);
  const referenceOf = (parts: readonly string[]) => `tenant.${parts.join('.')}`;

  it('whatever begins as it does, in either part, and nothing that does not', () => {
    const anyCut = fc.option(fc.nat(6));
    fc.assert(
      fc.property(anyParts, anyParts, fc.tuple(anyCut, anyCut), ([workspace, ...parts], other, cuts) => {
        const pieces = parts.map((part, i) => {
          const cut = cuts[i] ?? null;
          return cut === null ? { text: part, open: false } : { text: part.slice(0, cut), open: true };
        });
        const pattern = referenceOf([workspace, ...pieces.map(({ text, open }) => (open ? `${text}*` : text))]);
        expect(isCovered(pattern, referenceOf([workspace, ...parts]))).toBe(true);
        const fits = pieces.every(({ text, open }, i) =>
          open ? other[i + 1]?.startsWith(text) : other[i + 1] === text,
        );
        expect(isCovered(pattern, referenceOf(other))).toBe(other[0] === workspace && fits);
      }),
    );
  });
  it('itself, where it has no star, and nothing else', () => {
    fc.assert(
      fc.property(anyParts, anyParts, (parts, other) => {
        expect(isCovered(referenceOf(parts), referenceOf(other))).toBe(referenceOf(parts) === referenceOf(other));
      }),
    );
  });
});

describe('a grant', () => {
  const request = { principal: 'a'.repeat(26), pattern: 'tenant.acme.*.*', permissions: ['secret.decrypt'] };
  const isGrant = (facts: object) => GiveGrantRequest.safeParse({ ...request, ...facts }).success;

  it('says at least for whom it is, what it covers and what it permits', () => {
    expect(isGrant({})).toBe(true);
    expect(['principal', 'pattern', 'permissions'].filter((name) => isGrant({ [name]: undefined }))).toEqual([]);
    expect(GrantGivenData.safeParse(request).success).toBe(false);
  });
  it.each([[[]], [['secret.eat']], [['policy.publish']], [['secret.quarantine']], [['secret.*']], ['secret.decrypt']])(
    'does not permit %j',
    (permissions) => {
      expect(isGrant({ permissions })).toBe(false);
    },
  );
  it('says nothing that nobody knows', () => {
    expect(isGrant({ reason: 'on call' })).toBe(true);
    expect(isGrant({ expires: '2026-06-01T12:00:00.000Z' })).toBe(false);
    expect(isGrant({ hours: { from: '09:00', to: '17:00', zone: 'UTC' } })).toBe(false);
  });

  it.each([
    '10.0.0.1',
    '10.0.0.0/8',
    '10.1.2.3/8',
    '0.0.0.0/0',
    '::1',
    '::/0',
    'FE80::/10',
    '2001:db8::1/128',
    '1:2:3:4:5:6:7::',
  ])('may be for the network %s', (network) => {
    expect(isGrant({ networks: [network] })).toBe(true);
  });
  it.each([
    '',
    'localhost',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0.*',
    '10.0.0.1\n',
    '::/129',
    '::/064',
    'fe80::1%eth0',
    '[::1]',
    '::ffff:10.0.0.1',
    '::ffff:10.0.0.0/104',
    '::ffff:a00:0/104',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
  ])('may not be for the network %j', (network) => {
    expect(isGrant({ networks: ['10.0.0.0/8', network] })).toBe(false);
  });

  it.each([
    [{ from: '09:30', to: '17:00' }, true],
    [{ from: '22:00', to: '06:00', days: ['friday'] }, true],
    [{ from: '00:00', to: '00:00' }, true],
    [{ from: '9:30', to: '17:00' }, false],
    [{ from: '09:30', to: '24:00' }, false],
    [{ from: '09:60', to: '17:00' }, false],
    [{ from: '09:30:00', to: '17:00' }, false],
    [{ from: '09:30' }, false],
    [{ from: '09:30', to: '17:00', days: [] }, false],
    [{ from: '09:30', to: '17:00', days: ['Friday'] }, false],
  ])('may be for the hours %j: %p', (hours, expected) => {
    expect(isGrant({ hours })).toBe(expected);
  });

  it.each([
    [{ purposes: ['deploy'] }, true],
    [{ purposes: ['p'.repeat(200)] }, true],
    [{ purposes: ['p'.repeat(201)] }, false],
    [{ purposes: [] }, false],
    [{ purposes: [''] }, false],
    [{ purposes: Array(16).fill('p') }, true],
    [{ purposes: Array(17).fill('p') }, false],
    [{ networks: [] }, false],
    [{ networks: Array(17).fill('10.0.0.1') }, false],
    [{ expiresAt: '2026-06-01T12:00:00.000Z' }, true],
    [{ expiresAt: '2026-06-01' }, false],
    [{ expiresAt: '2026-06-01T12:00:00.000+02:00' }, false],
  ])('may say %j: %p', (condition, expected) => {
    expect(isGrant(condition)).toBe(expected);
  });
});

describe('two patterns overlap', () => {
  const part = fc.constantFrom('a', 'ab', 'abc', 'b', '*', 'a*', 'ab*', 'b*');
  const pattern = fc
    .tuple(fc.constantFrom('acme', 'globex'), part, part)
    .map(([slug, provider, key]) => ReferencePattern.parse(`tenant.${slug}.${provider}.${key}`));
  const NAMES = ['a', 'ab', 'abc', 'abcd', 'b', 'bc', 'c'];
  const references = ['acme', 'globex'].flatMap((slug) =>
    NAMES.flatMap((provider) => NAMES.map((key) => Reference.parse(`tenant.${slug}.${provider}.${key}`))),
  );

  it('exactly where there is a reference that both cover', () => {
    fc.assert(
      fc.property(pattern, pattern, (one, other) => {
        const isShared = references.some((reference) => covers(one, reference) && covers(other, reference));
        expect(overlap(one, other)).toBe(isShared);
      }),
      { numRuns: 1_000 },
    );
  });
});
