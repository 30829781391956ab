/** What is decided, for how long it holds, and what policies have a say in. */
import { describe, expect, it } from '@jest/globals';
import {
  type GrantFacts,
  Permission,
  type Principal,
  type Reference,
  type Workspace,
  type WorkspaceProfile,
} from '@keytrail/contracts';
import { acme, asked, at, factsOf, globex, grantOf, having, noonMs, room, somebody, system } from './access.fixture.js';
import { Decisions } from './decisions.js';
import { isOfPolicies } from './document.js';

const decisions = new Decisions({ remember: false });
const MINUTE_MS = 60_000;
const FORBID_ALL = 'forbid (principal, action, resource);';
const DECRYPT = 'action == Keytrail::Action::"secret.decrypt"';
const permitWhen = (condition: string) => `permit (principal, ${DECRYPT}, resource) when { ${condition} };`;
const forbidWhen = (condition: string) => `forbid (principal, action, resource) when { ${condition} };`;

const granted = (...grants: readonly Partial<GrantFacts>[]) =>
  factsOf({ principalState: somebody({ grants: grants.map(grantOf) }) });
const service = (...policies: readonly string[]) =>
  factsOf({ principalState: having('service'), workspaceState: room({}, ...policies) });

describe('somebody', () => {
  it('whom nothing permits it is denied, by nothing in particular', () => {
    const denied = { allowed: false, reason: 'principal.not_permitted', decidedBy: [], validUntilMs: null };
    expect(decisions.decide(factsOf(), asked())).toEqual(denied);
  });
  it('whom a role permits it is allowed, for as long as the facts stand', () => {
    const allowed = { allowed: true, reason: null, decidedBy: ['role:service'], validUntilMs: null };
    expect(decisions.decide(service(), asked())).toEqual(allowed);
  });
  it('whom a policy permits it is allowed by its statement', () => {
    const second = `${permitWhen('false')} ${permitWhen('true')}`;
    const facts = factsOf({ workspaceState: room({}, forbidWhen('false'), second) });
    expect(decisions.decide(facts, asked())).toMatchObject({ allowed: true, decidedBy: ['policy:rule-1@1#2'] });
  });
  it('whom a policy forbids it is told that one does, whatever permits it', () => {
    const facts = factsOf({
      principalState: somebody({ roles: [{ role: 'service', workspace: system }], grants: [grantOf()] }),
      workspaceState: room({}, permitWhen('true'), FORBID_ALL),
    });
    expect(decisions.decide(facts, asked())).toMatchObject({
      allowed: false,
      reason: 'policy.forbidden',
      decidedBy: ['policy:rule-1@1#1'],
    });
  });
});

describe('a question', () => {
  it('about a secret has to name one, of the workspace in which it is asked', () => {
    const circumstances = { nowMs: noonMs };
    expect(() => decisions.decide(factsOf(), { permission: 'secret.decrypt', circumstances })).toThrow();
    expect(() => decisions.decide(factsOf({ workspace: globex }), asked())).toThrow();
  });
  it('is answered by statements whose text can be shown', () => {
    const facts = factsOf({
      principalState: somebody({ roles: [{ role: 'service', workspace: acme }], grants: [grantOf()] }),
      workspaceState: room({}, permitWhen('true')),
    });
    const { decidedBy } = decisions.decide(facts, asked());
    const texts = decidedBy.map((id) => decisions.sourceOf(facts, asked(), id)?.text);
    expect(texts).toEqual([
      expect.stringMatching(/^permit\(principal == Keytrail::Principal::"a+", .*"tenant\.acme\.\*\.\*"/),
      permitWhen('true'),
      expect.stringMatching(/^permit \(principal in Keytrail::Role::"service", /),
    ]);
    expect(decisions.sourceOf(facts, asked(), 'policy:rule-0@1#2')).toBeNull();
  });
});

describe('a decision', () => {
  it('that reads the time holds until the minute ends', () => {
    const facts = service(forbidWhen('context.minuteOfDay == 721'));
    const decide = (nowMs: number) => decisions.decide(facts, asked({}, { nowMs }));
    expect(decide(noonMs + 59_999)).toMatchObject({ allowed: true, validUntilMs: noonMs + MINUTE_MS });
    expect(decide(noonMs + MINUTE_MS)).toMatchObject({ allowed: false, validUntilMs: noonMs + 2 * MINUTE_MS });
  });
  it('by grants holds until the last of them ends', () => {
    const ends = [20_000, 40_000].map((ms) => ({ expiresAt: at(noonMs + ms) }));
    const facts = granted(...ends);
    const decide = (ms: number) => decisions.decide(facts, asked({}, { nowMs: noonMs + ms }));
    const [first, second] = facts.principalState.grants.map(({ grantId }) => `grant:${grantId}`);
    expect(decide(19_999)).toMatchObject({ decidedBy: [first, second], validUntilMs: noonMs + 40_000 });
    expect(decide(20_000)).toMatchObject({ decidedBy: [second], validUntilMs: noonMs + 40_000 });
    expect(decide(39_999)).toMatchObject({ allowed: true });
    expect(decide(40_000)).toMatchObject({ allowed: false, reason: 'principal.not_permitted', decidedBy: [] });
  });
  it('by a grant that ends and one that does not holds on', () => {
    const facts = granted({ expiresAt: at(noonMs + 20_000) }, {});
    expect(decisions.decide(facts, asked())).toMatchObject({ allowed: true, validUntilMs: noonMs + MINUTE_MS });
    expect(decisions.decide(facts, asked({}, { nowMs: noonMs + 20_000 }))).toMatchObject({ allowed: true });
  });
  it('by a role holds on where a grant ends', () => {
    const roles = [{ role: 'service', workspace: acme }] as const;
    const grants = [grantOf({ expiresAt: at(noonMs + 20_000) })];
    const facts = factsOf({ principalState: somebody({ roles, grants }) });
    expect(decisions.decide(facts, asked({}, { nowMs: noonMs + 20_000 }))).toMatchObject({
      allowed: true,
      decidedBy: ['role:service'],
    });
  });
  it('that is remembered of a moment is none of a moment before it', () => {
    const remembering = new Decisions();
    const facts = granted({ expiresAt: at(noonMs + 30_000) });
    const decide = (ms: number) => remembering.decide(facts, asked({}, { nowMs: noonMs + ms })).allowed;
    expect([30_000, 29_999, 30_000].map(decide)).toEqual([false, true, false]);
  });
  it('is made at every moment that can be asked about', () => {
    const facts = granted({ hours: { from: '00:00', to: '00:01' } });
    const times = ['0001-01-01T00:00:00.000Z', '1969-12-31T00:00:59.999Z', '9999-12-31T00:00:59.999Z'];
    const decide = (time: string) => decisions.decide(facts, asked({}, { nowMs: Date.parse(time) }));
    expect(times.map((time) => decide(time).allowed)).toEqual([true, true, true]);
  });
});

describe('what is remembered', () => {
  it('of one workspace is nothing of another, though both stand at the same revision', () => {
    const remembering = new Decisions();
    const principalState = somebody({ roles: [{ role: 'service', workspace: system }] });
    const reference = 'tenant.globex.openai.prod' as Reference;
    const here = factsOf({ principalState, workspaceState: room({}, FORBID_ALL) });
    expect(remembering.decide(here, asked()).allowed).toBe(false);
    expect(remembering.decide(factsOf({ principalState, workspace: globex }), asked({ reference })).allowed).toBe(true);
  });
  it('of a workspace is nothing of another, whatever secret is named beside the question', () => {
    const remembering = new Decisions();
    const principalState = somebody({ roles: [{ role: 'workspace_admin', workspace: system }] });
    const publish = (workspace: Workspace, profile: WorkspaceProfile) =>
      remembering.decide(
        factsOf({ principalState, workspace, workspaceState: room({ profile }) }),
        asked({ permission: 'policy.publish' }),
      ).allowed;
    expect(publish(acme, 'strict')).toBe(false);
    expect(publish(globex, 'delegated')).toBe(true);
  });
  it('of one permission is nothing of another, and of one principal nothing of another', () => {
    const remembering = new Decisions();
    expect(remembering.decide(service(), asked()).allowed).toBe(true);
    expect(remembering.decide(service(), asked({ permission: 'secret.get' })).allowed).toBe(false);
    expect(remembering.decide(factsOf({ principal: 'b'.repeat(26) as Principal }), asked()).allowed).toBe(false);
  });
  it('of more circumstances than it has room for is still right', () => {
    const remembering = new Decisions();
    const facts = service(forbidWhen('context has purpose && context.purpose like "*7"'));
    const purposes = Array.from({ length: 200 }, (_, i) => `purpose ${i}`);
    const denied = purposes.filter((purpose) => !remembering.decide(facts, asked({}, { purpose })).allowed);
    expect(denied).toEqual(purposes.filter((purpose) => purpose.endsWith('7')));
  });
});

describe('whoever remembers nothing', () => {
  it('decides on the policies that it is given, though they are of a revision that it has seen', () => {
    expect(decisions.decide(service(FORBID_ALL), asked()).allowed).toBe(false);
    expect(decisions.decide(service(), asked()).allowed).toBe(true);
    expect(decisions.decide(service(forbidWhen('false')), asked()).allowed).toBe(true);
  });
});

describe('the policies of a workspace', () => {
  const admin = having('internal_admin');
  const adminMay = (permission: Permission, source: string) =>
    decisions.decide(factsOf({ principalState: admin, workspaceState: room({}, source) }), asked({ permission }));
  const allowed = (source: string) => Permission.options.filter((permission) => adminMay(permission, source).allowed);
  const beyondPolicies = (permission: Permission) => !isOfPolicies(permission);

  it('forbid nothing by which a policy or a quarantine is ended', () => {
    expect(allowed(FORBID_ALL)).toEqual(allowed('').filter(beyondPolicies));
    expect(allowed(FORBID_ALL)).toEqual(
      expect.arrayContaining(['policy.withdraw', 'policy.publish', 'secret.quarantine', 'secret.release']),
    );
  });
  it.each([
    ['cannot be read', 'permit (principal, action, resource) when {'],
    ['cannot be read at a depth that ends the engine', permitWhen(`${'('.repeat(3_000)}true${')'.repeat(3_000)}`)],
    ['says more than is ever published', permitWhen(Array(500).fill('principal.own').join(' && '))],
    ['cannot be evaluated', forbidWhen('context.minuteOfDay + 9223372036854775807 > 0')],
    ['reads what is not there', forbidWhen('context.purpose == "deploy"')],
  ])('deny all that they have a say in where one of them %s, and nothing else', (_, source) => {
    expect(allowed(source)).toEqual(allowed('').filter(beyondPolicies));
    expect(adminMay('secret.get', source)).toMatchObject({ allowed: false, reason: 'policy.failed' });
    expect(adminMay('secret.release', source)).toMatchObject({ allowed: true });
  });
  it.each([
    ['forbid', FORBID_ALL],
    ['fail', forbidWhen('context.minuteOfDay + 9223372036854775807 > 0')],
  ])('are none of the business of whom nothing permits it, where they %s', (_, source) => {
    const stranger = factsOf({ workspaceState: room({}, source) });
    const denied = { allowed: false, reason: 'principal.not_permitted', decidedBy: [] };
    expect(decisions.decide(stranger, asked())).toMatchObject(denied);
    const ofProfile = { principalState: having('workspace_admin'), workspaceState: room({}, source) };
    expect(decisions.decide(factsOf(ofProfile), asked({ permission: 'secret.revoke' }))).toMatchObject({
      reason: 'principal.not_permitted',
      decidedBy: ['profile:strict'],
    });
  });
  it('are told of where one of them would have permitted it, had it not failed', () => {
    const facts = factsOf({ workspaceState: room({}, permitWhen('context.minuteOfDay + 9223372036854775807 > 0')) });
    expect(decisions.decide(facts, asked())).toMatchObject({
      reason: 'policy.failed',
      decidedBy: ['policy:rule-0@1#1'],
    });
  });
  it('tell which of their statements has failed', () => {
    const source = `${permitWhen('true')} ${forbidWhen('context.minuteOfDay + 9223372036854775807 > 0')}`;
    expect(decisions.decide(service(source), asked())).toMatchObject({
      reason: 'policy.failed',
      decidedBy: ['policy:rule-0@1#2'],
    });
  });
  it('fail for as long as the circumstances are those, and no longer', () => {
    const facts = service(forbidWhen('context.minuteOfDay * 9223372036854775807 < 0'));
    const decide = (time: string) => decisions.decide(facts, asked({}, { nowMs: Date.parse(`2026-06-01T${time}Z`) }));
    expect(decide('00:02:00.000')).toMatchObject({ reason: 'policy.failed' });
    expect(decide('00:01:00.000')).toMatchObject({ allowed: true });
  });
  it('mean their numbers to the last digit', () => {
    const facts = service(forbidWhen('9007199254740993 == 9007199254740992 + 1'));
    expect(decisions.decide(facts, asked())).toMatchObject({ reason: 'policy.forbidden' });
    expect(decisions.decide(service(forbidWhen('9007199254740993 == 9007199254740992')), asked()).allowed).toBe(true);
  });
  it('decide about a kind of principal, a provider, a role and an hour', () => {
    const of = (condition: string) => decisions.decide(service(forbidWhen(condition)), asked({}, { ip: '10.0.0.1' }));
    const holding = [
      'principal.kind == "user" && !principal.own',
      'resource.provider == "openai" && resource.key like "pr*"',
      'resource.reference == "tenant.acme.openai.prod"',
      'resource in Keytrail::Workspace::"acme"',
      'principal in Keytrail::Role::"service"',
      'context.weekday == "monday" && context.minuteOfDay == 720',
      'context.now == datetime("2026-06-01T12:00:00Z")',
      'context has ip && context.ip.isInRange(ip("10.0.0.0/8"))',
      '!(context has purpose) && !(context has role)',
    ];
    expect(holding.filter((condition) => of(condition).reason !== 'policy.forbidden')).toEqual([]);
    expect(holding.filter((condition) => !of(`!(${condition})`).allowed)).toEqual([]);
  });
});
