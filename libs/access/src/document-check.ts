/** Whether a document can be published, told without letting it near the engine that decides. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type {
  DetailedError,
  PolicySetTextToPartsAnswer,
  PolicyToJsonAnswer,
  ValidationAnswer,
} from '@cedar-policy/cedar-wasm/nodejs';
import type { Issue, PolicyCheck, Workspace } from '@keytrail/contracts';
import { inOrder, type Statement } from './cedar.js';
import { issuesOf, issuesOfText, permissionsIn } from './document.js';
import { POLICY_SCHEMA, TYPES } from './schema.js';

const PATIENCE_MS = 5_000;

/** The file beside this one, as it is run: compiled, or as Node reads TypeScript. */
const WORKER = new URL(import.meta.url.replace(/document-check\.(\w+)$/, 'document-check.worker.$1'));

/** Bounds of a thread that may be fed anything. */
const RESOURCES = { maxOldGenerationSizeMb: 64, stackSizeMb: 1 };

/** What the thread tells; see there. */
interface Found {
  readonly parts: PolicySetTextToPartsAnswer;
  readonly statements: readonly PolicyToJsonAnswer[];
  readonly validation: ValidationAnswer;
}

/** Others wait already, and the document was not looked at. */
export class ChecksOverloaded extends Error {
  override readonly name = 'ChecksOverloaded';
  readonly code = 'service.overloaded';
  readonly retryable = true;
}

/**
 * What the document says, and what is wrong with it; without issues it can be published in this workspace. Throws
 * {@link ChecksOverloaded} where too many wait, or the turn does not come before `deadlineMs`, in epoch milliseconds.
 */
export async function checkDocument(
  source: string,
  workspace: Workspace,
  deadlineMs = Number.POSITIVE_INFINITY,
): Promise<PolicyCheck> {
  const early = issuesOfText(source);
  if (early.length > 0) return refusedFor(early);
  const found = await inTurn(workspace, deadlineMs, () => runThread(source));
  if (found === null) return refusedFor([tooMuch]);
  const { parts } = found;
  if (parts.type === 'failure') return refusedFor(parts.errors.map((error) => issueOf(error, source)));
  if (parts.policy_templates.length > 0)
    return refusedFor([{ path: 'source', message: 'has a template (?principal, ?resource): name whom it is about' }]);
  const statements = inOrder(found.statements).flatMap((answer) => (answer.type === 'success' ? [answer.json] : []));
  if (statements.length < found.statements.length) return refusedFor([tooMuch]);
  const issues = [...issuesOf(statements, workspace), ...issuesIn(found.validation)];
  if (issues.length > 0) return refusedFor(issues);
  const texts = inOrder(parts.policies);
  return {
    publishable: true,
    statements: statements.map((statement, i) => describe(statement, texts[i] ?? '')),
    issues: [],
  };
}

const tooMuch: Issue = { path: 'source', message: 'is more than the policy engine can take' };

/** An author reads the first few; the answer has to fit into a message. */
const MOST_ISSUES = 64;

/** Each is told once. */
function refusedFor(issues: readonly Issue[]): PolicyCheck {
  const distinct = new Map(issues.map((issue) => [`${issue.path} ${issue.message}`, issue]));
  return { publishable: false, statements: [], issues: [...distinct.values()].slice(0, MOST_ISSUES) };
}

function describe(statement: Statement, source: string): PolicyCheck['statements'][number] {
  const permissions = permissionsIn(statement);
  return { effect: statement.effect, permissions: permissions && [...permissions], source };
}

/** So many may wait, and so many of one workspace: whoever checks much keeps nobody else from it. */
const WAITING = 16;
const WAITING_OF_ONE = 4;

/** One at a time: a check takes a core, and must not take all of them. One that fails ends none. */
let last: Promise<unknown> = Promise.resolve();
const waiting: Workspace[] = [];

async function inTurn<T>(workspace: Workspace, deadlineMs: number, run: () => Promise<T>): Promise<T> {
  const isFull = waiting.length >= WAITING || waiting.filter((each) => each === workspace).length >= WAITING_OF_ONE;
  if (isFull) throw new ChecksOverloaded('too many policies are being checked: try again in a moment');
  waiting.push(workspace);
  const asked = last.then(() => {
    if (Date.now() >= deadlineMs) throw new ChecksOverloaded('the deadline passed while other policies were checked');
    return run();
  });
  last = asked.catch(() => null);
  return asked.finally(() => waiting.splice(waiting.indexOf(workspace), 1));
}

/** A thread that has loaded the engine, for the next document: each takes one, and ends with it. */
let spare: Worker | null = null;

function newThread(): Worker {
  const worker = new Worker(WORKER, { workerData: POLICY_SCHEMA, resourceLimits: RESOURCES });
  worker.unref();
  for (const end of ['exit', 'error']) worker.once(end, () => (spare = spare === worker ? null : spare));
  return worker;
}

/** Where there can be no thread now, the next document finds out. */
function refill(): void {
  try {
    spare ??= newThread();
  } catch {
    spare = null;
  }
}

/** Null where the thread has met its end instead of answering. */
async function runThread(source: string): Promise<Found | null> {
  const worker = spare ?? newThread();
  spare = null;
  worker.ref();
  try {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
    worker.postMessage(source);
    const [found] = (await Promise.race([
      once(worker, 'message'),
      once(worker, 'exit').then(() => [null]),
      once(worker, 'error', { signal: AbortSignal.timeout(PATIENCE_MS) }).then(() => [null]),
    ])) as [Found | null];
    return found;
  } catch {
    // A trap, or more than the thread may take, or no answer in time.
    return null;
  } finally {
    await worker.terminate();
    refill();
  }
}

/**
 * Cedar names statements by their places, tells of each action by itself, and all in no order; warnings count too, for
 * they tell of what can never be.
 */
function issuesIn(validation: ValidationAnswer): readonly Issue[] {
  if (validation.type === 'failure') return validation.errors.map(({ message }) => ({ path: 'source', message }));
  return [...validation.validationErrors, ...validation.validationWarnings]
    .map(({ policyId, error }) => ({ place: Number(policyId.replace(/^policy/, '')), message: told(error) }))
    .toSorted((a, b) => a.place - b.place || (a.message < b.message ? -1 : 1))
    .map(({ place, message }) => ({ path: `source.${place}`, message }));
}

const BESIDE_THE_POINT = new RegExp(`for policy \`policy\\d+\`, | for ${TYPES.action}::"[^"]*"`, 'g');

const told = ({ message, help }: DetailedError): string => withHelp(message, help).replaceAll(BESIDE_THE_POINT, '');

/** Of a text that cannot be parsed: Cedar tells the place in bytes, and people count lines. */
function issueOf({ message, help, sourceLocations: [place] = [] }: DetailedError, source: string): Issue {
  if (place === undefined) return { path: 'source', message: withHelp(message, help) };
  const line = Buffer.from(source).subarray(0, place.start).toString().split('\n').length;
  return { path: 'source', message: withHelp(`${message} in line ${line}`, place.label ?? help) };
}

const withHelp = (message: string, help: string | null): string => (help === null ? message : `${message} (${help})`);
