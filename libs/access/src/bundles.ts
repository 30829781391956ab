/** Statements that come together, of the rules, of a policy, of a grant: read once, whatever revision they are of. */
import type { GrantFacts, Permission, Principal } from '@keytrail/contracts';
import { LRUCache } from 'lru-cache';
import { readyGrant, type ReadyStatement, readyStatement, readyStatements, speaksOf } from './document.js';
import { type Circumstance, circumstancesIn } from './expression.js';
import { grantStatement } from './grant.js';
import { rulesOf } from './rules.js';
import type { PublishedPolicy, WorkspaceState } from './workspace.view.js';

/** All that decides; the same key means the same statements. */
export interface Combined {
  readonly key: string;
  readonly statements: ReadonlyMap<string, ReadyStatement>;
  readonly read: ReadonlySet<Circumstance>;
}

/** No others ever have its name. */
interface Bundle {
  readonly name: number;
  readonly statements: ReadonlyMap<string, ReadyStatement>;
  readonly read: ReadonlySet<Circumstance>;
  /** Those of them that speak of a permission. */
  readonly about: Map<Permission, Bundle>;
}

/** What is heard on a permission. */
export interface Heard {
  readonly permission: Permission;
  readonly profile: WorkspaceState['profile'];
  readonly policies: readonly PublishedPolicy[];
  readonly principal: Principal;
  readonly grants: readonly GrantFacts[];
}

const POLICIES = 2_048;
const GRANTS = 20_000;
/** Combinations are bounded by the statements in all of them. */
const STATEMENTS = 65_536;

export class Bundles {
  private readonly rules = new Map<string, Bundle>();
  private readonly policies = new Known<PublishedPolicy>(POLICIES);
  private readonly grants = new Known<GrantFacts>(GRANTS);
  private readonly combined = new LRUCache<string, Combined>({ maxSize: STATEMENTS });

  /** Throws `CedarRefused` where a policy cannot be read. */
  combine({ permission, profile, policies, principal, grants }: Heard): Combined {
    const bundles = [
      about(permission, this.rulesOf(profile)),
      ...policies.map((policy) => about(permission, this.ofPolicy(policy))),
      ...grants.map((grant) => this.ofGrant(principal, grant)),
    ];
    const key = bundles.map(({ name }) => name).join(' ');
    const known = this.combined.get(key);
    if (known !== undefined) return known;
    const statements = new Map(bundles.flatMap((each) => [...each.statements]));
    const read = new Set(bundles.flatMap((each) => [...each.read]));
    const combined = { key, statements, read };
    this.combined.set(key, combined, { size: 1 + statements.size });
    return combined;
  }

  private rulesOf(profile: WorkspaceState['profile']): Bundle {
    const texts = Object.entries(rulesOf(profile));
    const known = this.rules.get(profile) ?? bundle(texts.map(([id, text]) => [id, readyStatement(text)]));
    this.rules.set(profile, known);
    return known;
  }

  private ofPolicy(policy: PublishedPolicy): Bundle {
    const { name, version, source } = policy;
    return this.policies.of(
      policy,
      () => `${name}@${version} ${source}`,
      () => bundle(readyStatements(policy)),
    );
  }

  private ofGrant(principal: Principal, grant: GrantFacts): Bundle {
    const given = () => readyGrant(grantStatement(principal, grant));
    return this.grants.of(
      grant,
      () => `${principal} ${JSON.stringify(grant)}`,
      () => bundle([[`grant:${grant.grantId}`, given()]]),
    );
  }
}

/** By what it is, and where it was folded anew, by what it says. */
class Known<T extends object> {
  private readonly itself = new WeakMap<T, Bundle>();
  private readonly alike: LRUCache<string, Bundle>;

  constructor(max: number) {
    this.alike = new LRUCache<string, Bundle>({ max });
  }

  of(what: T, textOf: () => string, make: () => Bundle): Bundle {
    const known = this.itself.get(what);
    if (known !== undefined) return known;
    const text = textOf();
    const found = this.alike.get(text) ?? make();
    this.alike.set(text, found);
    this.itself.set(what, found);
    return found;
  }
}

/** Counts on across instances: those that are apart may share an engine. */
let numbered = 0;

function bundle(named: Iterable<readonly [string, ReadyStatement]>): Bundle {
  const statements = new Map(named);
  const read = new Set([...statements.values()].flatMap(({ statement }) => [...circumstancesIn(statement)]));
  return { name: ++numbered, statements, read, about: new Map() };
}

/** What does not speak of a permission has no part in deciding on it, and costs the engine time all the same. */
function about(permission: Permission, whole: Bundle): Bundle {
  const known = whole.about.get(permission);
  if (known !== undefined) return known;
  const part = bundle([...whole.statements].filter(([, { statement }]) => speaksOf(statement, permission)));
  whole.about.set(permission, part);
  return part;
}
