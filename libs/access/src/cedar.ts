/** Cedar's engine (WebAssembly): policy sets kept parsed in a bounded number of places, and what it decides by them. */
import {
  type EntityJson,
  type EntityUidJson,
  policySetTextToParts,
  type PolicyJson,
  policyToJson,
  policyToText,
  preparsePolicySet,
  statefulIsAuthorized,
} from '@cedar-policy/cedar-wasm/nodejs';
import { LRUCache } from 'lru-cache';

export type Statement = PolicyJson;

/** Statements by their ids: as text where there is one, for the numbers of JSON are not all that Cedar has. */
export type Statements = Readonly<Record<string, Statement | string>>;

export interface CedarRequest {
  readonly principal: EntityUidJson;
  readonly action: EntityUidJson;
  readonly resource: EntityUidJson;
  readonly context: Parameters<typeof statefulIsAuthorized>[0]['context'];
  readonly entities: EntityJson[];
}

/** `deciding`: the ids of the statements that have decided, sorted; `failed`: of those that could not be evaluated. */
export interface CedarAnswer {
  readonly allowed: boolean;
  readonly deciding: readonly string[];
  readonly failed: readonly string[];
}

/** The text is not Cedar, or the engine refuses what it was given; `message` never quotes more than Cedar does. */
export class CedarRefused extends Error {
  override readonly name = 'CedarRefused';
}

/**
 * The engine has met a trap, which leaves its memory in no known state: nothing it says from then on may be believed,
 * and the process has to end.
 */
export class CedarBroken extends Error {
  override readonly name = 'CedarBroken';
  readonly code = 'internal';
}

/** How many policy sets are kept parsed, and of how many statements all together. */
export interface Room {
  readonly sets: number;
  readonly statements: number;
}

/** A statement may take some 8 kB of the engine's memory, which has an end. */
const ROOM: Room = { sets: 1_024, statements: 32_768 };

/** A statement's text as it is parsed. Throws {@link CedarRefused}. */
export function statementOf(text: string): Statement {
  const answer = guarded(() => policyToJson(text));
  if (answer.type === 'success') return answer.json;
  throw new CedarRefused(messageOf(answer.errors));
}

/** The text of a statement. */
export function textOf(statement: Statement): string {
  const answer = guarded(() => policyToText(statement));
  if (answer.type === 'success') return answer.text;
  throw new CedarRefused(messageOf(answer.errors));
}

/** A document taken apart, in its order; templates are kept apart. Throws {@link CedarRefused}. */
export function partsOfDocument(source: string): {
  readonly statements: readonly string[];
  readonly templates: readonly string[];
} {
  const answer = guarded(() => policySetTextToParts(source));
  if (answer.type === 'failure') throw new CedarRefused(messageOf(answer.errors));
  return { statements: inOrder(answer.policies), templates: answer.policy_templates };
}

/** Cedar sorts the parts of a document by the names that it gives them, `policy10` before `policy2`. */
export function inOrder<T>(sorted: readonly T[]): readonly T[] {
  const names = sorted.map((_, i) => `policy${i}`);
  const places = new Map(names.toSorted().map((name, i) => [name, i]));
  return names.map((name) => sorted[places.get(name) ?? 0] as T);
}

export class Cedar {
  private readonly places: LRUCache<string, string>;
  /** The engine keeps what it has parsed for ever under the name that it was given, so names are used again. */
  private readonly free: string[] = [];

  constructor({ sets, statements }: Room = ROOM) {
    this.places = new LRUCache({ max: sets, maxSize: statements, dispose: (place) => this.free.push(place) });
  }

  /** `key` names the set: the same key means the same statements, and they are asked for where it is not known. */
  decide(key: string, statements: () => Statements, request: CedarRequest): CedarAnswer {
    const place = this.places.get(key) ?? this.parse(key, statements());
    const answer = guarded(() => statefulIsAuthorized({ ...request, preparsedPolicySetId: place }));
    if (answer.type === 'failure') throw new CedarRefused(messageOf(answer.errors));
    const { decision, diagnostics } = answer.response;
    return {
      allowed: decision === 'allow',
      deciding: diagnostics.reason.toSorted(),
      failed: diagnostics.errors.map(({ policyId }) => policyId).toSorted(),
    };
  }

  private parse(key: string, statements: Statements): string {
    const place = this.free.pop() ?? `place-${++named}`;
    const answer = guarded(() => preparsePolicySet(place, { staticPolicies: { ...statements } }));
    if (answer.type === 'failure') {
      this.free.push(place);
      throw new CedarRefused(messageOf(answer.errors));
    }
    this.places.set(key, place, { size: 1 + Object.keys(statements).length });
    // More than there is room for decides this once.
    if (!this.places.has(key)) this.free.push(place);
    return place;
  }
}

/** Counts on across instances: the engine is one for all of them. */
let named = 0;

let broken: unknown = null;

/** Whether the engine of this process has met a trap. */
export const isCedarBroken = (): boolean => broken !== null;

/** Deep recursion ends in a trap of the WebAssembly machine, and so would anything else that is wrong with it. */
function guarded<T>(ask: () => T): T {
  if (broken !== null) throw new CedarBroken('the policy engine has failed before', { cause: broken });
  try {
    return ask();
  } catch (error) {
    broken = error;
    throw new CedarBroken('the policy engine has failed', { cause: error });
  }
}

const messageOf = (errors: readonly { readonly message: string }[]): string =>
  errors.map(({ message }) => message).join('; ');
