/** Whether somebody may do something: Cedar says it, on facts of a known revision, and what it said is remembered. */
import {
  declarationOf,
  type GrantFacts,
  partsOf,
  type Permission,
  type Principal,
  type Reference,
  covers,
  type Workspace,
} from '@keytrail/contracts';
import { LRUCache } from 'lru-cache';
import { Cedar, type CedarAnswer, CedarBroken, CedarRefused, type CedarRequest, type Statements } from './cedar.js';
import { type Circumstances, contextOf, keyOf, minuteEndMs } from './circumstances.js';
import {
  isOfPolicies,
  readyGrant,
  type ReadyStatement,
  readyStatement,
  readyStatements,
  speaksOf,
} from './document.js';
import { type Circumstance, circumstancesIn, uid } from './expression.js';
import { grantStatement } from './grant.js';
import { isExpired, type RegisteredPrincipal, rolesIn } from './principal.view.js';
import { rulesOf } from './rules.js';
import type { PublishedPolicy, WorkspaceState } from './workspace.view.js';

/** Who asks, in which workspace, as both stood at a revision of their streams. */
export interface AccessFacts {
  readonly principal: Principal;
  readonly principalState: RegisteredPrincipal;
  readonly principalRevision: number;
  readonly workspace: Workspace;
  readonly workspaceState: WorkspaceState;
  readonly workspaceRevision: number;
}

/** `reference` where the permission is one on a secret. */
export interface Question {
  readonly permission: Permission;
  readonly reference?: Reference | undefined;
  readonly circumstances: Circumstances;
}

export type Refusal = 'principal.not_permitted' | 'policy.forbidden' | 'policy.failed';

/** `decidedBy`: the ids of the statements; none where nothing permits it. It holds before `validUntilMs`, if any. */
export interface Decision {
  readonly allowed: boolean;
  readonly reason: Refusal | null;
  readonly decidedBy: readonly string[];
  readonly validUntilMs: number | null;
}

/** Statements by their ids that come together. No others ever have its name, whatever revision they are of. */
interface Bundle {
  readonly name: number;
  readonly statements: ReadonlyMap<string, ReadyStatement>;
  readonly read: ReadonlySet<Circumstance>;
  /** Those of them that speak of a permission. */
  readonly about: Map<Permission, Bundle>;
}

/** What decides questions that differ in their circumstances alone. */
interface Grounds {
  /** Names the statements for Cedar. */
  readonly key: string;
  readonly grants: readonly GrantFacts[];
  /** Null where a policy in force cannot be read: then nothing is allowed that policies have a say in. */
  readonly statements: ReadonlyMap<string, ReadyStatement> | null;
  readonly read: ReadonlySet<Circumstance>;
  /** When grants end, within a minute as well; epoch milliseconds. */
  readonly endsMs: readonly number[];
  readonly decisions: Map<string, Decision>;
}

const REMEMBERED_GROUNDS = 50_000;
/** Each minute may add some, so this bounds what is remembered in vain; beyond it all are decided anew. */
const REMEMBERED_PER_GROUNDS = 16;

export interface DecisionsOptions {
  /** `false`: every question is decided anew, for whoever wants to see that it makes no difference. */
  readonly remember?: boolean;
  /** Told once the engine has failed: what is decided from then on throws. */
  readonly onBroken?: (error: CedarBroken) => void;
}

/** One for a process, and those that are apart from it: the engine's places are theirs alone. */
export class Decisions {
  private readonly grounds = new LRUCache<string, Grounds>({ max: REMEMBERED_GROUNDS });
  private readonly rules = new Map<string, Bundle>();
  private readonly policies = new WeakMap<PublishedPolicy, Bundle>();
  private readonly grants = new WeakMap<GrantFacts, Bundle>();

  constructor(
    private readonly options: DecisionsOptions = {},
    private readonly cedar = new Cedar(),
  ) {}

  /** On the same engine, with a memory of its own: for facts that may never come to be, and are soon forgotten. */
  apart(): Decisions {
    return new Decisions(this.options, this.cedar);
  }

  /** The same facts and the same question are answered alike, until `validUntilMs`. Throws `CedarBroken`. */
  decide(facts: AccessFacts, question: Question): Decision {
    try {
      return this.recall(facts, question);
    } catch (error) {
      if (error instanceof CedarBroken) this.options.onBroken?.(error);
      throw error;
    }
  }

  private recall(facts: AccessFacts, question: Question): Decision {
    const grounds = this.groundsOf(facts, question);
    const { nowMs } = question.circumstances;
    const ended = grounds.endsMs.filter((endMs) => endMs <= nowMs).length;
    const key = `${ended} ${keyOf(grounds.read, question.circumstances)}`;
    const known = grounds.decisions.get(key);
    if (known !== undefined) return known;
    const decision = this.judge(grounds, facts, question);
    if (this.options.remember === false) return decision;
    if (grounds.decisions.size >= REMEMBERED_PER_GROUNDS) grounds.decisions.clear();
    grounds.decisions.set(key, decision);
    return decision;
  }

  /** The text of a statement that has decided by these facts; null for an id that is none of them. */
  sourceOf(facts: AccessFacts, question: Question, id: string): ReadyStatement | null {
    return this.groundsOf(facts, question).statements?.get(id) ?? null;
  }

  private groundsOf(facts: AccessFacts, { permission, reference }: Question): Grounds {
    const { principal, principalRevision, workspace, workspaceRevision } = facts;
    const key = `${permission} ${reference ?? ''} ${workspace}@${workspaceRevision} ${principal}@${principalRevision}`;
    const known = this.grounds.get(key);
    if (known !== undefined) return known;
    const grounds = this.gather(facts, { permission, reference });
    if (this.options.remember !== false) this.grounds.set(key, grounds);
    return grounds;
  }

  private gather(facts: AccessFacts, { permission, reference }: Pick<Question, 'permission' | 'reference'>): Grounds {
    const { principal, principalState, workspaceState } = facts;
    const { profile, policies } = workspaceState;
    const grants = grantsFor(principalState, permission, reference);
    const heard = isOfPolicies(permission) ? policies : [];
    const endsMs = grants.flatMap(({ expiresAt }) => (expiresAt === undefined ? [] : [Date.parse(expiresAt)]));
    const rest = { grants, endsMs, decisions: new Map<string, Decision>() };
    try {
      const bundles = [
        this.about(permission, this.rulesOf(profile)),
        ...heard.map((policy) => this.about(permission, this.ofPolicy(policy))),
        ...grants.map((grant) => this.ofGrant(principal, grant)),
      ];
      const key = bundles.map(({ name }) => name).join(' ');
      const statements = new Map(bundles.flatMap((bundle) => [...bundle.statements]));
      const read = new Set(bundles.flatMap((bundle) => [...bundle.read]));
      return { ...rest, key, statements, read };
    } catch (error) {
      if (!(error instanceof CedarRefused)) throw error;
      return { ...rest, key: '', statements: null, read: new Set() };
    }
  }

  private judge(grounds: Grounds, facts: AccessFacts, question: Question): Decision {
    const { nowMs } = question.circumstances;
    const timeEndsMs = grounds.read.has('time') ? minuteEndMs(nowMs) : null;
    const request = requestOf(facts, question);
    const answer = this.ask(grounds, request);
    if (answer === null) return { allowed: false, reason: 'policy.failed', decidedBy: [], validUntilMs: timeEndsMs };
    if (!answer.allowed || answer.failed.length > 0)
      return { allowed: false, ...this.refusalIn(answer, grounds, request), validUntilMs: timeEndsMs };
    // To the minute Cedar has said that it holds; grants end to the millisecond.
    const standing = answer.deciding.filter((id) => !isExpired(grantIn(grounds, id) ?? {}, nowMs));
    if (standing.length === 0)
      return { allowed: false, reason: 'principal.not_permitted', decidedBy: [], validUntilMs: timeEndsMs };
    const endsMs = latestEnd(standing.map((id) => grantIn(grounds, id)?.expiresAt));
    return { allowed: true, reason: null, decidedBy: standing, validUntilMs: earlier(timeEndsMs, endsMs) };
  }

  /** That a policy forbids it matters to those alone whom something permits it; others are told of roles. */
  private refusalIn(
    { deciding, failed }: CedarAnswer,
    grounds: Grounds,
    request: CedarRequest,
  ): Pick<Decision, 'reason' | 'decidedBy'> {
    if (failed.length === 0 && !deciding.some(isPolicy))
      return { reason: 'principal.not_permitted', decidedBy: deciding };
    const unhindered = this.ask(withoutForbidding(grounds), request);
    if (unhindered?.allowed === false && unhindered.failed.length === 0)
      return { reason: 'principal.not_permitted', decidedBy: unhindered.deciding };
    if (failed.length > 0) return { reason: 'policy.failed', decidedBy: failed };
    return { reason: 'policy.forbidden', decidedBy: deciding };
  }

  private ask({ key, statements }: Grounds, request: CedarRequest): CedarAnswer | null {
    if (statements === null) return null;
    try {
      return this.cedar.decide(key, () => statementsOf(statements), request);
    } catch (error) {
      if (error instanceof CedarRefused) return null;
      throw error;
    }
  }

  private rulesOf(profile: WorkspaceState['profile']): Bundle {
    const texts = Object.entries(rulesOf(profile));
    const known = this.rules.get(profile) ?? this.bundle(texts.map(([id, text]) => [id, readyStatement(text)]));
    this.rules.set(profile, known);
    return known;
  }

  private ofPolicy(policy: PublishedPolicy): Bundle {
    const known = this.policies.get(policy) ?? this.bundle(readyStatements(policy));
    this.policies.set(policy, known);
    return known;
  }

  private ofGrant(principal: Principal, grant: GrantFacts): Bundle {
    const known = this.grants.get(grant);
    if (known !== undefined) return known;
    const given = grantStatement(principal, grant);
    const bundle = this.bundle([[`grant:${grant.grantId}`, readyGrant(given)]]);
    this.grants.set(grant, bundle);
    return bundle;
  }

  private bundle(named: Iterable<readonly [string, ReadyStatement]>): Bundle {
    const statements = new Map(named);
    const read = new Set([...statements.values()].flatMap(({ statement }) => [...circumstancesIn(statement)]));
    return { name: ++numbered, statements, read, about: new Map() };
  }

  /** What does not speak of a permission has no part in deciding on it, and costs the engine time all the same. */
  private about(permission: Permission, bundle: Bundle): Bundle {
    const known = bundle.about.get(permission);
    if (known !== undefined) return known;
    const about = this.bundle([...bundle.statements].filter(([, { statement }]) => speaksOf(statement, permission)));
    bundle.about.set(permission, about);
    return about;
  }
}

const isPolicy = (id: string): boolean => id.startsWith('policy:');

/** Rules, grants, and of the policies those that permit. */
function withoutForbidding({ key, statements, ...grounds }: Grounds): Grounds {
  const left = [...(statements ?? [])].filter(([id, { statement }]) => !isPolicy(id) || statement.effect === 'permit');
  return { ...grounds, key: `${key} without forbidding`, statements: statements && new Map(left) };
}

/** Counts on across instances: those that are apart share an engine. */
let numbered = 0;

/** Grants that have ended long ago still stand in the stream, and count for nothing. */
function grantsFor(
  { grants }: RegisteredPrincipal,
  permission: Permission,
  reference: Reference | undefined,
): readonly GrantFacts[] {
  if (reference === undefined) return [];
  return grants.filter(({ pattern, permissions }) => permissions.includes(permission) && covers(pattern, reference));
}

const statementsOf = (ready: ReadonlyMap<string, ReadyStatement>): Statements =>
  Object.fromEntries([...ready].map(([id, { given }]) => [id, given]));

const grantIn = ({ grants }: Grounds, id: string): GrantFacts | undefined =>
  grants.find(({ grantId }) => id === `grant:${grantId}`);

/** It is allowed for as long as one of them stands; null where one has no end. */
function latestEnd(ends: readonly (string | undefined)[]): number | null {
  const endsMs = ends.map((end) => (end === undefined ? null : Date.parse(end)));
  return endsMs.includes(null) ? null : Math.max(...endsMs.filter((end) => end !== null));
}

const earlier = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);

function requestOf(facts: AccessFacts, { permission, reference, circumstances }: Question): CedarRequest {
  const { principal, principalState, workspace } = facts;
  const { kind, nkey, roles } = principalState;
  const [who, room] = [uid('principal', principal), uid('workspace', workspace)];
  const parents = rolesIn(roles, workspace).map((role) => uid('role', role));
  const { on, group } = declarationOf(permission);
  const [what, groups] = [uid('action', permission), group === undefined ? [] : [uid('action', group)]];
  const entities: CedarRequest['entities'] = [
    { uid: what, attrs: {}, parents: groups },
    { uid: who, attrs: { kind, own: nkey !== null }, parents },
    { uid: room, attrs: {}, parents: [] },
  ];
  const asked = { principal: who, action: what, context: contextOf(circumstances) };
  if (on === 'workspace') return { ...asked, resource: room, entities };
  if (reference === undefined) throw new Error(`${permission} is asked about a secret, and none was named`);
  const secret = uid('secret', reference);
  const { provider, key, workspace: owner } = partsOf(reference);
  if (owner !== workspace) throw new Error(`${permission} is asked in another workspace than that of its secret`);
  const known = { uid: secret, attrs: { reference, provider, key }, parents: [room] };
  return { ...asked, resource: secret, entities: [...entities, known] };
}
