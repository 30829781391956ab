/**
 * What the OpenAPI document shows is what a running system does: every example is sent, and every answer held against
 * it.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  examplesOf,
  judgeOf,
  linksIn,
  operationsOf,
  requestOf,
  type Example,
  type Judge,
  type OpenApiDocument,
  type Operation,
  type ToldValues,
} from './openapi.fixture.js';
import { closeStage, openStage, until, type Stage } from './stage.fixture.js';

let stage: Stage;
let document: OpenApiDocument;
let operations: readonly Operation[];
let examples: readonly Example[];
let judge: Judge;
beforeAll(async () => {
  stage = await openStage();
  document = (await (await fetch(`${stage.system.gatewayUrl}/api/openapi.json`)).json()) as OpenApiDocument;
  operations = operationsOf(document);
  examples = operations.flatMap(examplesOf);
  judge = judgeOf(document);
});
afterAll(closeStage);

/** What came of an example, or what is to come of it. */
interface Outcome {
  readonly example: string;
  readonly status: number;
  readonly code?: unknown;
  readonly faults: readonly string[];
}

const nameOf = ({ operation, name }: Example): string => `${operation.operationId}/${name}`;

const codeOf = (answer: unknown): unknown => (answer as { code?: unknown } | undefined)?.code;

/** Of which requests an earlier answer has told a part; null where it had nothing to tell. */
const told = new Map<string, ToldValues | null>();

/** Only what is served needs things that exist; a refusal shows its own. */
const knownTo = ({ operation, status }: Example): ToldValues | null | undefined =>
  status < 300 ? told.get(operation.operationId) : undefined;

/** As the document shows it; what an earlier answer should have named, and could not, is not found. */
function expectedOf(example: Example): Outcome {
  const isNowhere = (other: Example) => other.operation === example.operation && other.status === 404;
  const shown = knownTo(example) === null ? examples.find(isNowhere) : example;
  if (shown === undefined)
    throw new Error(`${nameOf(example)} depends on an answer, but shows nothing for its absence`);
  const { status, answer } = shown;
  return { example: nameOf(example), status, ...(status >= 400 && { code: codeOf(answer) }), faults: [] };
}

async function outcomeOf(example: Example): Promise<Outcome> {
  const { url, headers, ...request } = requestOf(example, knownTo(example) ?? {});
  const response = await fetch(stage.system.gatewayUrl + url, {
    ...request,
    headers: { ...authorizationOf(example), ...headers },
  });
  const { status } = response;
  const text = await response.text();
  const type = response.headers.get('content-type');
  const answer: unknown = isJson(type) ? JSON.parse(text) : text;
  if (status < 300) for (const [id, path] of linksIn(example, answer)) told.set(id, path);
  const code = status >= 400 ? { code: codeOf(answer) } : {};
  return { example: nameOf(example), status, ...code, faults: faultsOf(example.operation, { status, type, answer }) };
}

/** Lines of JSON are a text. */
const isJson = (type: string | null): boolean => /[/+]json\b/.test(type ?? '');

/** A caller without a token, and one with a wrong one, are shown by their refusal alone. */
function authorizationOf({ answer }: Example): { readonly authorization?: string } {
  if (codeOf(answer) === 'auth.missing') return {};
  return { authorization: `Bearer ${codeOf(answer) === 'auth.invalid' ? 'kt_wrong' : stage.system.adminToken}` };
}

interface Received {
  readonly status: number;
  readonly type: string | null;
  readonly answer: unknown;
}

function faultsOf({ path, method, responses }: Operation, { status, type, answer }: Received): readonly string[] {
  const documented = responses[status];
  if (documented === undefined) return [`${status} is not documented`];
  const [documentedType = null] = Object.keys(documented.content ?? {});
  if (!isSameType(type, documentedType)) return [`${type} is not ${documentedType}`];
  if (documentedType === null) return answer === '' ? [] : ['there should be no body'];
  return judge.faultsOf(
    ['paths', path, method, 'responses', String(status), 'content', documentedType, 'schema'],
    answer,
  );
}

/** JSON may say its charset, though it has but one. */
const isSameType = (type: string | null, documented: string | null): boolean =>
  type === documented || type === `${documented}; charset=utf-8`;

/** More often than the anomaly-detector's rule of the minute allows; returns once it has noticed. */
async function useTooOften(reference: string): Promise<void> {
  const billing = await stage.caller('billing');
  for (let i = 0; i < 101; i++) (await billing.decrypt(reference)).destroy();
  await until(
    () => stage.ask('GET', '/findings'),
    ({ json }) => (json['items'] as readonly unknown[]).length > 0,
  );
}

/** The operations of the examples that speak of the principal that the story registers. */
const ABOUT_A_PRINCIPAL = [
  'getPrincipal',
  'bindRole',
  'unbindRole',
  'suspendPrincipal',
  'issueToken',
  'listTokens',
  'quarantinePrincipal',
  'releasePrincipal',
  'giveGrant',
  'listGrants',
  'explainAccess',
];

describe('an example of the document', () => {
  it('is what the schemas say, in its request and in its answer', () => {
    const faults = examples.flatMap((example) => {
      const { operation, name, status, answer } = example;
      const at = ['paths', operation.path, operation.method];
      const request = status === 400 ? [] : requestFaults(example, at);
      const [type] = Object.keys(operation.responses[status]?.content ?? {});
      const schema = [...at, 'responses', String(status), 'content', type ?? '', 'schema'];
      const found = [...request, ...(type === undefined ? [] : judge.faultsOf(schema, answer))];
      return found.map((fault) => `${operation.operationId}/${name}: ${fault}`);
    });
    expect(faults).toEqual([]);
  });

  function requestFaults({ operation, name }: Example, at: readonly string[]): readonly string[] {
    const body = operation.requestBody?.content['application/json']?.examples?.[name];
    return [
      ...operation.parameters.flatMap(({ examples: shown }, index) =>
        shown?.[name] ? judge.faultsOf([...at, 'parameters', String(index), 'schema'], shown[name].value) : [],
      ),
      ...(body ? judge.faultsOf([...at, 'requestBody', 'content', 'application/json', 'schema'], body.value) : []),
    ];
  }

  it('stands with every operation, and shows a refusal of every family that a healthy system has', () => {
    const served = examples.filter(({ status }) => status < 300).map(({ operation }) => operation.operationId);
    expect(new Set(served)).toEqual(new Set(operations.map(({ operationId }) => operationId)));
    const families = examples
      .filter(({ status }) => status >= 400)
      .map(({ answer }) => String(codeOf(answer)).split('.')[0]);
    expect(new Set(families)).toEqual(
      new Set([
        'request',
        'auth',
        'workspace',
        'secret',
        'key',
        'rotation',
        'finding',
        'principal',
        'token',
        'grant',
        'policy',
        'parked',
      ]),
    );
  });

  it('is answered by a running system as the document says, each in its turn', async () => {
    const expected: Outcome[] = [];
    const outcomes: Outcome[] = [];
    for (const example of examples) {
      if (nameOf(example) === 'getSecretUsage/used') await useTooOften('tenant.acme.openai.prod');
      expected.push(expectedOf(example));
      outcomes.push(await outcomeOf(example));
    }
    expect(outcomes).toEqual(expected);
    expect(outcomes.length).toBeGreaterThan(operations.length);
    // The story reaches a rotation, a finding, a principal, a token and a grant that exist; nothing is parked in a
    // healthy system.
    expect([...told]).toEqual([
      ['getRotationRun', { id: expect.any(String) }],
      ['getFinding', { id: expect.any(String) }],
      ...ABOUT_A_PRINCIPAL.map((operation) => [operation, { principal: expect.any(String) }]),
      ['revokeToken', { tokenId: expect.any(String) }],
      ['withdrawGrant', { grantId: expect.any(String) }],
      ['replayParked', null],
    ]);
  });
});
