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
import { Bundles, type Combined } from './bundles.js';
import {
  Cedar,
  type CedarAnswer,
  CedarBroken,
  CedarRefused,
  type CedarRequest,
  type Room,
  type Statements,
} from './cedar.js';
import { type Circumstances, contextOf, keyOf, minuteEndMs } from './circumstances.js';
import { isOfPolicies, type ReadyStatement } from './document.js';
import { type Circumstance, uid } from './expression.js';
import { isExpired, type RegisteredPrincipal, rolesIn } from './principal.view.js';
import type { WorkspaceState } from './workspace.view.js';

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

/** What decides questions that differ in their circumstances alone. */
interface Grounds {
  readonly grants: readonly GrantFacts[];
  /** Null where a policy in force cannot be read: then nothing is allowed that policies have a say in. */
  readonly combined: Combined | null;
  /** When grants end, within a minute as well; epoch milliseconds. */
  readonly endsMs: readonly number[];
  readonly decisions: Map<string, Decision>;
}

const REMEMBERED_GROUNDS = 50_000;
/** Each minute may add some, so this bounds what is remembered in vain; beyond it all are decided anew. */
const REMEMBERED_PER_GROUNDS = 8;
/** So many of the statements that have decided are named. */
const NAMED = 32;

export interface DecisionsOptions {
  /** `false`: every question is decided anew, for whoever wants to see that it makes no difference. */
  readonly remember?: boolean;
  /** Told once the engine has failed: what is decided from then on throws. */
  readonly onBroken?: (error: CedarBroken) => void;
  /** How much the engine keeps parsed; by default what a process needs that serves requests. */
  readonly room?: Room;
}

/** One for a process, and those that are apart from it: the engine's places are theirs alone. */
export class Decisions {
  private readonly grounds = new LRUCache<string, Grounds>({ max: REMEMBERED_GROUNDS });
  private readonly bundles = new Bundles();

  constructor(
    private readonly options: DecisionsOptions = {},
    private readonly cedar = new Cedar(options.room),
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
    const key = `${ended} ${keyOf(grounds.combined?.read ?? NOTHING, question.circumstances)}`;
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
    return this.groundsOf(facts, question).combined?.statements.get(id) ?? null;
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
      return { ...rest, combined: this.bundles.combine({ permission, profile, policies: heard, principal, grants }) };
    } catch (error) {
      if (!(error instanceof CedarRefused)) throw error;
      return { ...rest, combined: null };
    }
  }

  private judge(grounds: Grounds, facts: AccessFacts, question: Question): Decision {
    const { nowMs } = question.circumstances;
    const timeEndsMs = grounds.combined?.read.has('time') ? minuteEndMs(nowMs) : null;
    const request = requestOf(facts, question);
    const answer = this.ask(grounds.combined, request);
    if (answer === null) return { allowed: false, reason: 'policy.failed', decidedBy: [], validUntilMs: timeEndsMs };
    if (!answer.allowed || answer.failed.length > 0)
      return { allowed: false, ...this.refusalIn(answer, grounds.combined, request), validUntilMs: timeEndsMs };
    // To the minute Cedar has said that it holds; grants end to the millisecond.
    const standing = answer.deciding.filter((id) => !isExpired(grantIn(grounds, id) ?? {}, nowMs));
    if (standing.length === 0)
      return { allowed: false, reason: 'principal.not_permitted', decidedBy: [], validUntilMs: timeEndsMs };
    const endsMs = latestEnd(standing.map((id) => grantIn(grounds, id)?.expiresAt));
    return { allowed: true, reason: null, decidedBy: firstOf(standing), validUntilMs: earlier(timeEndsMs, endsMs) };
  }

  /** That a policy forbids it matters to those alone whom something permits it; others are told of roles. */
  private refusalIn(
    { deciding, failed }: CedarAnswer,
    combined: Combined | null,
    request: CedarRequest,
  ): Pick<Decision, 'reason' | 'decidedBy'> {
    if (failed.length === 0 && !deciding.some(isPolicy))
      return { reason: 'principal.not_permitted', decidedBy: firstOf(deciding) };
    const unhindered = this.ask(combined && withoutForbidding(combined), request);
    if (unhindered?.allowed === false && unhindered.failed.length === 0)
      return { reason: 'principal.not_permitted', decidedBy: firstOf(unhindered.deciding) };
    if (failed.length > 0) return { reason: 'policy.failed', decidedBy: firstOf(failed) };
    return { reason: 'policy.forbidden', decidedBy: firstOf(deciding.filter(isPolicy)) };
  }

  private ask(combined: Combined | null, request: CedarRequest): CedarAnswer | null {
    if (combined === null) return null;
    try {
      return this.cedar.decide(combined.key, () => statementsOf(combined.statements), request);
    } catch (error) {
      if (error instanceof CedarRefused) return null;
      throw error;
    }
  }
}

const NOTHING: ReadonlySet<Circumstance> = new Set();

const firstOf = (ids: readonly string[]): readonly string[] => ids.slice(0, NAMED);

const isPolicy = (id: string): boolean => id.startsWith('policy:');

/** Rules, grants, and of the policies those that permit. */
function withoutForbidding({ key, statements, read }: Combined): Combined {
  const left = [...statements].filter(([id, { statement }]) => !isPolicy(id) || statement.effect === 'permit');
  return { key: `${key} without forbidding`, statements: new Map(left), read };
}

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
