/** What holds of decisions over every history of a principal and a workspace, and at every moment. */
import { describe, expect, it } from '@jest/globals';
import type { PolicyName, PrincipalEvent, WorkspaceEvent } from '@keytrail/contracts';
import { Reference } from '@keytrail/contracts';
import fc from 'fast-check';
import { acme, asked, at, factsOf, globex, grantOf, noonMs, somebody, system } from './access.fixture.js';
import { minuteEndMs } from './circumstances.js';
import { type AccessFacts, Decisions, type Question } from './decisions.js';
import { evolvePrincipal, NO_PRINCIPAL, type PrincipalState, type RegisteredPrincipal } from './principal.view.js';
import { evolveWorkspace, NO_WORKSPACE, type WorkspaceState } from './workspace.view.js';

const oneOf = <const T>(...all: readonly T[]) => fc.constantFrom(...all);
const DECRYPT = 'action == Keytrail::Action::"secret.decrypt"';

const CONDITIONS = [
  'context.minuteOfDay >= 722',
  'context.now < datetime("2026-06-01T12:02:00Z")',
  'context.weekday == "monday"',
  'context has purpose && context.purpose == "deploy"',
  'context has purpose && context has ip && context.ip.isLoopback()',
  'context has ip && context.ip.isInRange(ip("10.0.0.0/8"))',
  'context has "ip" && context["ip"].isIpv6()',
  '{whole: context}.whole has purpose',
  '(if principal.own then context else context) has ip',
  '[context].contains(context) && context == context',
  'principal in Keytrail::Role::"service" && resource.key == "prod"',
  'principal.kind == "user"',
  'context.minuteOfDay + 9223372036854775086 > 0',
] as const;

const anyForbid = oneOf(...CONDITIONS).map(
  (condition) => `forbid (principal, action, resource) when { ${condition} };`,
);
const anyPermit = oneOf(...CONDITIONS).map(
  (condition) => `permit (principal, ${DECRYPT}, resource) when { ${condition} };`,
);
const anySource = fc.oneof(
  { arbitrary: fc.array(fc.oneof(anyForbid, anyPermit), { minLength: 1, maxLength: 2 }), weight: 9 },
  { arbitrary: fc.constant(['forbid (principal, action']), weight: 1 },
);

const anyWorkspaceEvent: fc.Arbitrary<WorkspaceEvent> = fc.oneof(
  fc.record({ name: oneOf('one', 'two'), source: anySource }).map(({ name, source }): WorkspaceEvent => ({
    type: 'PolicyPublished',
    data: { name: name as PolicyName, version: 1, source: source.join('\n') },
  })),
  oneOf('one', 'two').map((name): WorkspaceEvent => ({
    type: 'PolicyWithdrawn',
    data: { name: name as PolicyName, version: 1 },
  })),
  oneOf('strict', 'delegated').map((profile): WorkspaceEvent => ({ type: 'WorkspaceConfigured', data: { profile } })),
);

const anyGrant = fc.record(
  {
    pattern: oneOf('tenant.acme.*.*', 'tenant.acme.openai.p*', 'tenant.globex.*.*'),
    permissions: oneOf(['secret.decrypt'], ['secret.get', 'secret.revoke']),
    expiresAt: fc.nat(180_000).map((ms) => at(noonMs + ms)),
    purposes: oneOf(['deploy'], ['debug', 'deploy']),
    networks: oneOf(['10.0.0.0/8'], ['::1/128']),
    hours: oneOf({ from: '11:00', to: '12:01' }, { from: '12:02', to: '12:01' }),
  },
  { requiredKeys: ['pattern', 'permissions'] },
);

const anyPrincipalEvent: fc.Arbitrary<PrincipalEvent> = fc.oneof(
  anyGrant.map((facts): PrincipalEvent => ({
    type: 'GrantGiven',
    data: grantOf(facts),
  })),
  fc
    .record({ role: oneOf('service', 'workspace_admin', 'internal_admin'), workspace: oneOf(acme, globex, system) })
    .chain((data) => oneOf<PrincipalEvent>({ type: 'RoleBound', data }, { type: 'RoleUnbound', data })),
);

/** A minute or two around the moments that all of the above speak of, in no order. */
const anyQuestion = fc
  .record({
    permission: oneOf(
      'secret.decrypt',
      'secret.decrypt',
      'secret.get',
      'secret.revoke',
      'secret.release',
      'event.list',
    ),
    reference: oneOf('tenant.acme.openai.prod', 'tenant.acme.stripe.test').map((text) => Reference.parse(text)),
    nowMs: fc.nat(180_000).map((ms) => noonMs + ms),
    ip: oneOf('10.0.0.1', '::1', '192.0.2.1', null),
    purpose: oneOf('deploy', 'debug', undefined),
  })
  .map(({ permission, reference, ...circumstances }) => asked({ permission, reference }, circumstances));

const stateOf = (events: readonly PrincipalEvent[]) =>
  events.reduce<PrincipalState>(
    evolvePrincipal,
    evolvePrincipal(NO_PRINCIPAL, { type: 'PrincipalRegistered', data: { kind: 'user' } }),
  ) as RegisteredPrincipal;
const roomOf = (events: readonly WorkspaceEvent[]) => events.reduce<WorkspaceState>(evolveWorkspace, NO_WORKSPACE);

/** Half of them may decrypt to begin with: else nothing would be there to be taken away. */
const anyFacts = fc
  .record({
    isService: fc.boolean(),
    principal: fc.array(anyPrincipalEvent, { maxLength: 4 }),
    workspace: fc.array(anyWorkspaceEvent, { maxLength: 3 }),
  })
  .map(({ isService, principal, workspace }) => {
    const bound: PrincipalEvent = { type: 'RoleBound', data: { role: 'service', workspace: system } };
    const principalState = stateOf(isService ? [bound, ...principal] : principal);
    return factsOf({ principalState, workspaceState: roomOf(workspace) });
  });

const fresh = new Decisions({ remember: false });
const decideAt = (facts: AccessFacts, question: Question, nowMs: number) =>
  fresh.decide(facts, { ...question, circumstances: { ...question.circumstances, nowMs } });

describe('decisions', () => {
  it('that are remembered are those that would be made, whatever has happened meanwhile', () => {
    const anyAgain = anyQuestion.map(({ circumstances }) => asked({}, circumstances));
    const anyStep = fc.oneof(
      { arbitrary: anyAgain, weight: 8 },
      { arbitrary: anyQuestion, weight: 2 },
      { arbitrary: anyPrincipalEvent, weight: 1 },
      { arbitrary: anyWorkspaceEvent, weight: 1 },
    );
    let allowed = 0;
    fc.assert(
      fc.property(anyFacts, fc.array(anyStep, { minLength: 10, maxLength: 40 }), (start, steps) => {
        const remembering = new Decisions();
        let facts = start;
        const pairs = steps.flatMap((step) => {
          if ('permission' in step) return [[remembering.decide(facts, step), fresh.decide(facts, step)] as const];
          facts = after(facts, step);
          return [];
        });
        allowed += pairs.filter(([decision]) => decision.allowed).length;
        expect(pairs.map(([remembered]) => remembered)).toEqual(pairs.map(([, made]) => made));
      }),
      { numRuns: 25 },
    );
    expect(allowed).toBeGreaterThan(20);
  });

  it('hold until the moment that they tell', () => {
    fc.assert(
      fc.property(anyFacts, anyQuestion, (facts, question) => {
        const { nowMs } = question.circumstances;
        const { allowed, reason, validUntilMs } = fresh.decide(facts, question);
        const untilMs = validUntilMs ?? nowMs + 365 * 86_400_000;
        expect(untilMs).toBeGreaterThan(nowMs);
        expect(decideAt(facts, question, untilMs - 1)).toMatchObject({ allowed, reason });
      }),
      { numRuns: 120 },
    );
  });

  it('by grants end with the last of them, to the millisecond', () => {
    const anyTimesMs = fc.uniqueArray(fc.nat(90_000), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(anyTimesMs, fc.boolean(), ([sinceMs = 0, ...endsMs], isAtTheEnd) => {
        const grants = endsMs.map((ms) => grantOf({ expiresAt: at(noonMs + ms) }));
        const lastMs = noonMs + Math.max(...endsMs);
        const nowMs = isAtTheEnd ? lastMs : noonMs + sinceMs;
        const facts = factsOf({ principalState: somebody({ grants }) });
        const { allowed, validUntilMs } = decideAt(facts, asked(), nowMs);
        expect(allowed).toBe(nowMs < lastMs);
        expect(validUntilMs).toBe(allowed ? Math.min(minuteEndMs(nowMs), lastMs) : minuteEndMs(nowMs));
      }),
      { numRuns: 120 },
    );
  });

  it('that read nothing of the circumstances are the same in all of them', () => {
    const isTimeless = ({ workspaceState, principalState }: AccessFacts) =>
      !JSON.stringify([workspaceState.policies, principalState.grants]).match(/context|At|networks|hours|purposes/);
    fc.assert(
      fc.property(anyFacts.filter(isTimeless), anyQuestion, anyQuestion, (facts, question, { circumstances }) => {
        const decision = fresh.decide(facts, question);
        expect(decision.validUntilMs).toBeNull();
        expect(fresh.decide(facts, { ...question, circumstances })).toEqual(decision);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a policy', () => {
  const published = (facts: AccessFacts, source: string): AccessFacts =>
    after(facts, { type: 'PolicyPublished', data: { name: 'more' as PolicyName, version: 1, source } });

  it('that forbids never lets anybody do more', () => {
    let taken = 0;
    fc.assert(
      fc.property(anyFacts, anyQuestion, anyForbid, (facts, { circumstances }, source) => {
        const question = asked({}, circumstances);
        const before = fresh.decide(facts, question).allowed;
        const { allowed } = fresh.decide(published(facts, source), question);
        taken += Number(before && !allowed);
        expect(allowed && !before).toBe(false);
      }),
      { numRuns: 150 },
    );
    expect(taken).toBeGreaterThan(5);
  });

  it('that permits never lets anybody do what it does not name', () => {
    fc.assert(
      fc.property(anyFacts, anyQuestion, (facts, question) => {
        const source = `permit (principal, ${DECRYPT}, resource);`;
        const before = fresh.decide(facts, question).allowed;
        const { allowed } = fresh.decide(published(facts, source), question);
        expect(allowed && !before && question.permission !== 'secret.decrypt').toBe(false);
      }),
      { numRuns: 120 },
    );
  });

  it('changes nothing in another workspace', () => {
    const reference = Reference.parse('tenant.globex.openai.prod');
    const anyOther = anyFacts.map((facts) => ({ ...facts, workspace: globex }));
    fc.assert(
      fc.property(fc.tuple(anyFacts, anyOther), anyQuestion, anySource, ([here, other], question, source) => {
        const there = { ...other, principalState: here.principalState };
        const decisions = new Decisions();
        decisions.decide(published(here, source.join('\n')), question);
        expect(decisions.decide(there, { ...question, reference })).toEqual(
          fresh.decide(there, { ...question, reference }),
        );
      }),
      { numRuns: 40 },
    );
  });
});

/** Another event stands in the stream of the one or of the other. */
function after(facts: AccessFacts, event: PrincipalEvent | WorkspaceEvent): AccessFacts {
  const { principalState, principalRevision, workspaceState, workspaceRevision } = facts;
  if (isOfWorkspace(event))
    return {
      ...facts,
      workspaceState: evolveWorkspace(workspaceState, event),
      workspaceRevision: workspaceRevision + 1,
    };
  const state = evolvePrincipal(principalState, event) as RegisteredPrincipal;
  return { ...facts, principalState: state, principalRevision: principalRevision + 1 };
}

const isOfWorkspace = (event: PrincipalEvent | WorkspaceEvent): event is WorkspaceEvent =>
  event.type.startsWith('Policy') || event.type.startsWith('Workspace');
