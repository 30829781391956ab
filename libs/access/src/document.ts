/** A workspace's policy document: taken apart, held against what such a document may say, and made ready to decide. */
import type { Issue, Permission } from '@keytrail/contracts';
import {
  declarationOf,
  GRANTABLE,
  LIMITS,
  partsOf,
  Principal,
  Reference,
  Role,
  type Workspace,
} from '@keytrail/contracts';
import { CedarRefused, partsOfDocument, type Statement, statementOf, textOf } from './cedar.js';
import { entitiesIn, isDeeperThan, type NamedEntity, namedBy } from './expression.js';
import { TYPES } from './schema.js';
import type { PublishedPolicy } from './workspace.view.js';

/** An event has room for 32,768 bytes. */
const EVENT_BYTES = 24_576;

/** Objects and arrays of a statement's JSON: two for each step of an expression. */
const STATEMENT_DEPTH = 4 * LIMITS.policyDepth;

/**
 * Strings, comments and brackets as Cedar's lexer takes them: a comment ends with any end of line, a string goes on
 * past it, and a backslash escapes whatever stands behind it but a line feed.
 */
const TOKENS = /"(?:[^"\\]|\\[^\n])*"?|\/\/[^\n\r]*|[([{]|[)\]}]/g;

/**
 * What is wrong with a text before anything parses it: Cedar's parser recurses, and has no bound of its own. Brackets
 * within strings and comments do not count; closing ones that close nothing make no room for others.
 */
export function issuesOfText(source: string): readonly Issue[] {
  let [depth, deepest] = [0, 0];
  for (const [token] of source.matchAll(TOKENS)) {
    if ('([{'.includes(token)) deepest = Math.max(deepest, ++depth);
    else if (')]}'.includes(token)) depth = Math.max(0, depth - 1);
  }
  if (source.length > LIMITS.policyCharacters)
    return [{ path: 'source', message: `is longer than ${LIMITS.policyCharacters} characters` }];
  if (Buffer.byteLength(JSON.stringify(source)) > EVENT_BYTES)
    return [{ path: 'source', message: 'is more than an event can hold, with its control characters and escapes' }];
  if (deepest > LIMITS.policyDepth) return [{ path: 'source', message: tooDeep }];
  return [];
}

const tooDeep = `nests deeper than ${LIMITS.policyDepth}: make several statements of it`;

/** What is wrong with statements that are well-formed Cedar, in a workspace. */
export function issuesOf(statements: readonly Statement[], workspace: Workspace): readonly Issue[] {
  if (statements.length === 0) return [{ path: 'source', message: 'has no statement' }];
  if (statements.length > LIMITS.policyStatements)
    return [{ path: 'source', message: `has more than ${LIMITS.policyStatements} statements` }];
  return statements.flatMap((statement, i) =>
    problemsOf(statement, workspace).map((message) => ({ path: `source.${i}`, message })),
  );
}

function problemsOf(statement: Statement, workspace: Workspace): readonly string[] {
  if (isTooDeep(statement)) return [tooDeep];
  return [
    ...problemsOfScope(statement),
    ...entitiesIn(statement).flatMap((entity) => problemsOfEntity(entity, workspace)),
  ];
}

/** Cedar makes one expression of all that follows `when` and `unless`, each of them a step further down. */
const isTooDeep = (statement: Statement): boolean =>
  statement.conditions.length > LIMITS.policyDepth || isDeeperThan(STATEMENT_DEPTH, statement);

/**
 * A policy may forbid what can be granted, and permit of that what it names to whom it names: so no author gives more
 * than a grant could, and nobody opens a workspace to all that there are.
 */
function problemsOfScope(statement: Statement): readonly string[] {
  return [...problemsOfPermit(statement), ...problemsOfActions(permissionsIn(statement) ?? [])];
}

function problemsOfPermit({ effect, principal, action }: Statement): readonly string[] {
  if (effect === 'forbid') return [];
  return [
    ...(action.op === 'All'
      ? ['permits anything: name the actions, as in action == Keytrail::Action::"secret.decrypt"']
      : []),
    ...(principal.op === 'All' || principal.op === 'is'
      ? [
          'permits it to everybody, in all workspaces: name a principal or a role, as in principal in Keytrail::Role::"service"',
        ]
      : []),
  ];
}

function problemsOfActions(permissions: readonly string[]): readonly string[] {
  const beyond = permissions.filter((name) => !isGrantable(name) && name !== MUTATION);
  if (beyond.length === 0) return [];
  return [`speaks of ${beyond.join(', ')}: policies speak of what can be granted, which is ${GRANTABLE.join(', ')}`];
}

/** All that changes a secret or its rotation can be granted. */
const MUTATION = 'mutation';

const isGrantable = (name: string): boolean => GRANTABLE.some((permission) => permission === name);

/** The actions that a statement's scope names, or null for all of them. */
export function permissionsIn({ action }: Statement): readonly string[] | null {
  if (action.op === 'All') return null;
  const named = 'entities' in action ? action.entities : 'entity' in action ? [action.entity] : [];
  return named.map((entity) => namedBy(entity).id);
}

/** Whether a statement's scope has room for a permission. */
export function speaksOf(statement: Statement, permission: Permission): boolean {
  const named = permissionsIn(statement);
  const { group } = declarationOf(permission);
  return named === null || named.includes(permission) || (group !== undefined && named.includes(group));
}

/** What cannot be is refused as well: a statement about it would never hold, and nobody would notice. */
function problemsOfEntity({ type, id }: NamedEntity, workspace: Workspace): readonly string[] {
  if (type === TYPES.workspace && id !== workspace) return ['names another workspace than its own'];
  if (type === TYPES.secret) return problemsOfSecret(id, workspace);
  if (type === TYPES.principal && !Principal.safeParse(id).success)
    return ['names a principal by what is none: 26 of a-z and 0-9'];
  if (type === TYPES.role && !Role.safeParse(id).success)
    return [`names a role that there is not: ${Role.options.join(', ')}`];
  return [];
}

function problemsOfSecret(id: string, workspace: Workspace): readonly string[] {
  const reference = Reference.safeParse(id).data;
  if (reference === undefined) return ['names a secret by what is no reference: tenant.<slug>.<provider>.<key>'];
  return partsOf(reference).workspace === workspace ? [] : ['names a secret of another workspace'];
}

/** A statement that can decide; `text` is as it was written, or as Cedar writes it. */
export interface ReadyStatement {
  readonly statement: Statement;
  readonly text: string;
  /** What the engine is given: the text where the statement came as one, for JSON holds no number beyond 2^53. */
  readonly given: Statement | string;
}

/** A statement that came as text. Throws `CedarRefused`. */
export function readyStatement(text: string): ReadyStatement {
  const statement = statementOf(text);
  if (isTooDeep(statement)) throw new CedarRefused(tooDeep);
  return { statement, text, given: text };
}

/** What a grant says. Its text is written where somebody wants to read it. */
export const readyGrant = (given: Statement): ReadyStatement => ({
  statement: given,
  given,
  get text() {
    return textOf(given);
  },
});

/** A published policy's statements by their ids. Throws `CedarRefused` where this version of Cedar cannot read it. */
export function readyStatements({ name, version, source }: PublishedPolicy): ReadonlyMap<string, ReadyStatement> {
  const [issue] = issuesOfText(source);
  if (issue !== undefined) throw new CedarRefused(`the policy ${name} ${issue.message}`);
  const { statements } = partsOfDocument(source);
  return new Map(statements.map((text, i) => [`policy:${name}@${version}#${i + 1}`, readyStatement(text)]));
}

/** Whether policies of a workspace have a say in this. */
export const isOfPolicies = (permission: Permission): boolean => isGrantable(permission);
