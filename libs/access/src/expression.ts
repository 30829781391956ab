/** Cedar expressions as JSON: the few forms that grants are made of, and a look into those that people write. */
import type { EntityUidJson, Expr, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import { TYPES } from './schema.js';

export type { Expr } from '@cedar-policy/cedar-wasm/nodejs';

export const uid = (type: keyof typeof TYPES, id: string): { readonly type: string; readonly id: string } => ({
  type: TYPES[type],
  id,
});

export const attribute = (of: 'principal' | 'resource' | 'context', attr: string): Expr => ({
  '.': { left: { Var: of }, attr },
});
export const has = (attr: string): Expr => ({ has: { left: { Var: 'context' }, attr } });
export const value = (literal: string | number): Expr => ({ Value: literal });
export const setOf = (literals: readonly string[]): Expr => ({ Set: literals.map(value) });
export const contains = (set: Expr, element: Expr): Expr => ({ contains: { left: set, right: element } });
export const extension = (fn: string, ...args: readonly Expr[]): Expr => ({ [fn]: [...args] });
export const both = (left: Expr, right: Expr): Expr => ({ '&&': { left, right } });
export const either = (left: Expr, right: Expr): Expr => ({ '||': { left, right } });

/** All of them; there must be one. */
export const allOf = (all: readonly Expr[]): Expr => all.reduce(both);
/** Any of them; there must be one. */
export const anyOf = (all: readonly Expr[]): Expr => all.reduce(either);

/** Every object within an expression, itself included. */
export function* objectsIn(node: unknown): Generator<Record<string, unknown>> {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) yield node as Record<string, unknown>;
  for (const child of Object.values(node)) yield* objectsIn(child);
}

/** Whether more than `most` objects and arrays stand within each other; it goes no deeper itself to find out. */
export function isDeeperThan(most: number, node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  return most === 0 || Object.values(node).some((child) => isDeeperThan(most - 1, child));
}

export interface NamedEntity {
  readonly type: string;
  readonly id: string;
}

/** The entity itself, in either of the two forms that it has in JSON. */
export const namedBy = (entity: EntityUidJson): NamedEntity => ('type' in entity ? entity : entity['__entity']);

/** Annotations say nothing, and may look like anything. */
const objectsOf = ({ annotations: _, ...said }: Pick<PolicyJson, 'annotations'>) => objectsIn(said);

/** The entities that a statement names. */
export const entitiesIn = (statement: Pick<PolicyJson, 'annotations'>): readonly NamedEntity[] =>
  [...objectsOf(statement)].filter(isEntity);

const isEntity = (object: Readonly<Record<string, unknown>>): object is Record<string, unknown> & NamedEntity =>
  typeof object['type'] === 'string' && typeof object['id'] === 'string';

/** What a decision may depend on beside principal, action and resource. `time` changes each minute. */
export type Circumstance = 'time' | 'purpose' | 'ip' | 'role';

const OF_ATTRIBUTE: ReadonlyMap<string, Circumstance> = new Map([
  ['now', 'time'],
  ['minuteOfDay', 'time'],
  ['weekday', 'time'],
  ['purpose', 'purpose'],
  ['ip', 'ip'],
  ['role', 'role'],
]);

const ALL: readonly Circumstance[] = ['time', 'purpose', 'ip', 'role'];

/** What a statement reads of the circumstances; all of them where it takes the context as a whole. */
export function circumstancesIn(statement: Pick<PolicyJson, 'annotations'>): ReadonlySet<Circumstance> {
  const read = new Set<Circumstance>();
  let [uses, understood] = [0, 0];
  for (const object of objectsOf(statement)) {
    if (object['Var'] === 'context') uses++;
    for (const circumstance of attributesReadBy(object)) {
      read.add(circumstance);
      understood++;
    }
  }
  return understood < uses ? new Set(ALL) : read;
}

/** Of `context.ip` and `context has ip`; an attribute that is not known counts for nothing, and so as a whole. */
function attributesReadBy(object: Record<string, unknown>): readonly Circumstance[] {
  const found = [object['.'], object['has']].flatMap((access) => {
    const { left, attr } = (access ?? {}) as { readonly left?: { readonly Var?: string }; readonly attr?: unknown };
    const [first] = [attr].flat();
    return left?.Var === 'context' && typeof first === 'string' ? [OF_ATTRIBUTE.get(first)] : [];
  });
  return found.filter((circumstance) => circumstance !== undefined);
}
