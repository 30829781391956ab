/** What a decision costs: remembered, made anew, and after a change; against the bare engine, and a bare look-up. */
import { type AccessFacts, Decisions, type Question } from '@keytrail/access';
import { type GrantFacts, LIMITS, type PolicyName, Principal, Reference, Workspace } from '@keytrail/contracts';
import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import { benchDecrypt } from './decrypt.js';
import { WHOLE_SYSTEM } from './scenario.js';
import { alternate, ROUND_MS, ROUNDS, type Step, type Telling } from './step.js';
import { surroundings } from './surroundings.js';

const GRANTS = 10;
const REFERENCES = 1_000;

/** Measures `decrypt` as well, for the share that its decisions have in it. `signal` ends it between two rounds. */
export async function benchAuthorize({ say, signal }: Telling) {
  const around = surroundings();
  const measured = [];
  let addsUp = true;
  const ways = [
    cached(),
    cold(),
    changed('after a change', GRANTS, HOUSE),
    changed('after a change, at the limits', LIMITS.overlappingGrants, HOUSE_OF_MANY),
  ];
  for (const way of ways) {
    addsUp &&= way.work() && way.limit();
    measured.push({ decision: way.name, ...(await alternate(way, { say, signal })) });
  }
  const decrypt = await benchDecrypt(
    { say, signal },
    { scenarios: [WHOLE_SYSTEM], atHalfOfPeak: false, manyInOne: false },
  );
  const [{ decryptsPerSecond } = { decryptsPerSecond: Number.NaN }] = decrypt.scenarios;
  const microsecondsPerDecrypt = 1_000_000 / decryptsPerSecond;
  const shareOf = (microseconds: number) => Math.round((microseconds / microsecondsPerDecrypt) * 10_000) / 10_000;
  return {
    name: 'authorize',
    addsUp: addsUp && decrypt.addsUp,
    decisions: measured.map((figures) => ({
      ...figures,
      perSecond: Math.round(1_000_000 / figures.microseconds),
      shareOfDecrypt: shareOf(figures.microseconds),
    })),
    decryptsPerSecond,
    grants: GRANTS,
    references: REFERENCES,
    rounds: ROUNDS,
    roundMs: ROUND_MS,
    ...around,
  };
}

const referenceOf = (n: number): Reference => Reference.parse(`tenant.acme.openai.key_${n % REFERENCES}`);
const references = Array.from({ length: REFERENCES }, (_, n) => referenceOf(n));
const principal = Principal.parse('a'.repeat(26));

type Policies = AccessFacts['workspaceState']['policies'];

const statement = (key: string): string => `forbid (principal, action == Keytrail::Action::"secret.decrypt", resource)
  when { resource.key like "${key}*" && context has purpose && context.purpose == "production" };`;

const policiesOf = (count: number, statements: number): Policies =>
  Array.from({ length: count }, (_, n) => ({
    name: `house-${n}` as PolicyName,
    version: 1,
    source: Array.from({ length: statements }, (__, i) => statement(`test_${i}_`)).join('\n'),
  }));

/** What a workspace may have to say of its own; and the most that it may have. */
const HOUSE = policiesOf(1, 1);
const HOUSE_OF_MANY = policiesOf(LIMITS.policiesPerWorkspace, LIMITS.policyStatements);

/** A caller with a role and some grants. */
function facts(revision: number, grants: readonly GrantFacts[], policies = HOUSE): AccessFacts {
  return {
    principal,
    principalRevision: revision,
    principalState: {
      exists: true,
      kind: 'service',
      nkey: null,
      suspended: false,
      quarantine: null,
      roles: [{ role: 'service', workspace: 'acme' as Workspace }],
      grants,
      tokens: [],
    },
    workspace: Workspace.parse('acme'),
    workspaceRevision: 1,
    workspaceState: {
      exists: true,
      profile: 'strict',
      twoPersonRelease: false,
      policies,
      latestVersions: {},
    },
  };
}

const grant = (n: number): GrantFacts => ({
  grantId: `grant-${n}` as GrantFacts['grantId'],
  pattern: 'tenant.acme.openai.*' as GrantFacts['pattern'],
  permissions: ['secret.decrypt'],
  purposes: ['monthly report'],
});

const grants = (count: number): readonly GrantFacts[] => Array.from({ length: count }, (_, n) => grant(n));

/** About one reference after the other. */
function questions(): () => Question {
  let n = 0;
  const circumstances = { nowMs: Date.now() };
  return () => ({ permission: 'secret.decrypt', reference: references[n++ % REFERENCES], circumstances });
}

function cached(): Step {
  const [decisions, next, stood] = [new Decisions(), questions(), facts(1, grants(GRANTS))];
  for (let n = 0; n < REFERENCES; n++) decisions.decide(stood, next());
  const known = new Map(references.map((reference, n) => [`secret.decrypt ${reference} acme@1 ${principal}@1`, n]));
  const asked = questions();
  return {
    name: 'cached',
    work: () => decisions.decide(stood, next()).allowed,
    limitName: 'a look-up by a string',
    limit: () => known.has(`secret.decrypt ${asked().reference} acme@${stood.workspaceRevision} ${principal}@1`),
  };
}

function cold(): Step {
  const [decisions, next, stood] = [new Decisions({ remember: false }), questions(), facts(1, grants(GRANTS))];
  return { name: 'cold', work: () => decisions.decide(stood, next()).allowed, ...bareEngine() };
}

/** Somebody has got another grant in the place of one just now: nothing that is remembered holds. */
function changed(name: string, count: number, policies: Policies): Step {
  const [decisions, next, standing] = [new Decisions(), questions(), grants(count - 1)];
  let revision = count;
  const work = () => decisions.decide(facts(++revision, [...standing, grant(revision)], policies), next()).allowed;
  return { name, work, ...bareEngine() };
}

/** The engine with one statement, asked the same again and again. */
function bareEngine(): Pick<Step, 'limit' | 'limitName'> {
  preparsePolicySet('bare', { staticPolicies: { one: 'permit (principal, action, resource);' } });
  const uid = (type: string, id: string) => ({ type, id });
  const request = {
    principal: uid('P', 'p'),
    action: uid('Action', 'a'),
    resource: uid('R', 'r'),
    context: {},
    entities: [],
    preparsedPolicySetId: 'bare',
  };
  const limit = () => {
    const answer = statefulIsAuthorized(request);
    return answer.type === 'success' && answer.response.decision === 'allow';
  };
  return { limitName: 'the engine with one statement', limit };
}
