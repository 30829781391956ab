/** Accesses decided twice, by what stands and by a draft. */
import { expect, it } from '@jest/globals';
import {
  Decisions,
  evolvePrincipal,
  evolveWorkspace,
  NO_PRINCIPAL,
  NO_WORKSPACE,
  type PrincipalState,
  type RegisteredPrincipal,
  type WorkspaceState,
} from '@keytrail/access';
import { type EventId, PolicyName, Principal, type PrincipalEvent, Reference, Workspace } from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import fc from 'fast-check';
import { FORBID_ALL, forbidWhen, HARMLESS, PERMIT_ALL, permitWhen } from './access.fixture.js';
import type { Access } from './access.view.js';
import { Rehearsal } from './rehearsal.js';

const workspace = Workspace.parse('acme');
const principal = Principal.parse('a'.repeat(26));
const name = (text: string) => PolicyName.parse(text);
const NOON_MS = Date.parse('2026-06-01T12:00:00.000Z');

const registered: PrincipalEvent = { type: 'PrincipalRegistered', data: { kind: 'service' } };
const bound: PrincipalEvent = { type: 'RoleBound', data: { role: 'service', workspace } };
const having = (...events: readonly PrincipalEvent[]) =>
  [registered, ...events].reduce(evolvePrincipal, NO_PRINCIPAL as PrincipalState) as RegisteredPrincipal;
const [somebody, service] = [having(), having(bound)];
const made = evolveWorkspace(NO_WORKSPACE, { type: 'WorkspaceCreated', data: { keyId: 'k' } });
const roomWith = (...policies: readonly (readonly [string, string])[]) => ({
  state: policies.reduce(
    (state, [named, source]) =>
      evolveWorkspace(state, { type: 'PolicyPublished', data: { name: name(named), version: 1, source } }),
    made,
  ),
  revision: 1 + policies.length,
});

const access = (facts: Partial<Access> = {}): Access => ({
  eventId: uuidv7() as EventId,
  time: new Date(NOON_MS).toISOString(),
  principal,
  reference: Reference.parse('tenant.acme.openai.prod'),
  accesses: 1,
  ip: null,
  purpose: null,
  ...facts,
});

const anySource = fc.constantFrom(
  FORBID_ALL,
  PERMIT_ALL,
  HARMLESS,
  forbidWhen('context.minuteOfDay >= 721'),
  forbidWhen('context has purpose && context.purpose == "deploy"'),
  permitWhen('context has ip && context.ip.isInRange(ip("10.0.0.0/8"))'),
);
const anyAccess = fc
  .record({
    time: fc.nat(180_000).map((ms) => new Date(NOON_MS + ms).toISOString()),
    ip: fc.constantFrom('10.0.0.1', '192.0.2.1', null),
    purpose: fc.constantFrom('deploy', 'debug', null),
  })
  .map(access);
const anyRoom = fc
  .array(fc.tuple(fc.constantFrom('draft', 'other'), anySource), { maxLength: 2 })
  .map((policies) => roomWith(...policies));
const anyTry = fc.record({
  room: anyRoom,
  source: anySource,
  state: fc.constantFrom(service, somebody),
  accesses: fc.array(anyAccess, { minLength: 1, maxLength: 6 }),
});

const fresh = new Decisions({ remember: false });

/** Whether it would be allowed if nothing else had ever been decided. */
function isAllowedAlone(tried: Access, principalState: RegisteredPrincipal, workspaceState: WorkspaceState): boolean {
  const { reference, time, ip, purpose } = tried;
  const facts = { principal, principalState, principalRevision: 1, workspace, workspaceState, workspaceRevision: 1 };
  const circumstances = { nowMs: Date.parse(time), ip, purpose: purpose ?? undefined };
  return fresh.decide(facts, { permission: 'secret.decrypt', reference, circumstances }).allowed;
}

it('a draft is judged as what it says, whatever was tried before it on the same engine', () => {
  const decisions = new Decisions();
  let differences = 0;
  fc.assert(
    fc.property(fc.array(anyTry, { minLength: 2, maxLength: 5 }), (tries) => {
      for (const { room, source, state, accesses } of tries) {
        const draft = { name: name('draft'), source };
        const rehearsal = new Rehearsal(decisions.apart(), { workspace, room, draft, nowMs: NOON_MS });
        const published = evolveWorkspace(room.state, { type: 'PolicyPublished', data: { ...draft, version: 2 } });
        for (const each of accesses) {
          const { isAllowed, wouldBeAllowed } = rehearsal.judge(each, { state, revision: 2 });
          const alone = [room.state, published].map((standing) => isAllowedAlone(each, state, standing));
          expect([isAllowed, wouldBeAllowed]).toEqual(alone);
          differences += Number(isAllowed !== wouldBeAllowed);
        }
      }
    }),
    { numRuns: 20 },
  );
  expect(differences).toBeGreaterThan(10);
});

it('a draft is named by the version that it would be', () => {
  const tried = (room: ReturnType<typeof roomWith>) => {
    const draft = { name: name('draft'), source: FORBID_ALL };
    const rehearsal = new Rehearsal(new Decisions(), { workspace, room, draft, nowMs: NOON_MS });
    return rehearsal.judge(access(), { state: service, revision: 2 }).decidedBy;
  };
  expect(tried(roomWith())).toEqual(['policy:draft@1#1']);
  expect(tried(roomWith(['draft', HARMLESS]))).toEqual(['policy:draft@2#1']);
});
