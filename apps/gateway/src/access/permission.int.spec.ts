/** Who is asked whether something may be asked: the vault, by itself or before anybody else. */
import { rpcError, type Code } from '@keytrail/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ANSWERS, permitting, type Operation, type Reply } from '../answers.fixture.js';
import {
  admin,
  analyst,
  expectProblem,
  foreign,
  nobody,
  reference,
  startStage,
  type Stage,
} from '../gateway.fixture.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
beforeEach(() => {
  stage.answers = { ...ANSWERS };
  stage.decide = permitting;
  stage.decisions.length = 0;
  stage.arrived = null;
});
afterAll(() => stage?.close());

const as = (token: string, headers: object = {}) => ({ headers: { authorization: `Bearer ${token}`, ...headers } });
const path = `/api/v1/secrets/${reference}`;
const refusing =
  (code: Code, message = 'for a reason of its own'): Reply =>
  () => ({ ok: false, error: rpcError(code, message) });

/** What is held back comes out as such, and not as something that is absent or forbidden. */
const REFUSALS = [
  ['access.denied', 403],
  ['principal.quarantined', 423],
] as const;

describe('a question for the vault', () => {
  it.each([
    ['of somebody with a role', analyst],
    ['of somebody without', nobody],
  ])('%s is sent as it is: the vault decides', async (_what, { token, caller }) => {
    expect(await stage.ask('GET', path, as(token))).toMatchObject({ status: 200 });
    expect(stage.arrived).toMatchObject({ body: { reference }, request: { actor: caller.principal } });
    expect(stage.decisions).toEqual([]);
  });

  it.each([...REFUSALS, ['secret.quarantined', 423]] as const)(
    'that it refuses with %s is answered %i, in its words',
    async (code, status) => {
      stage.answers['secret.get'] = refusing(code, 'you may not, for now');
      const answer = await stage.ask('GET', path);
      expectProblem(answer, status, code);
      expect(answer.json['detail']).toBe('you may not, for now');
    },
  );
});

const settings = { intervalSeconds: 3_600, handler: { type: 'random', value: { length: 32, alphabet: 'abcdef' } } };
const whatIf = { workspace: 'acme', name: 'no-nights', source: 'forbid (principal, action, resource);' };

interface Asked {
  readonly call: string;
  readonly body?: object;
  readonly service: string;
  readonly permission: Operation;
  readonly workspace: string;
  /** Whether what it may depends on the secret. */
  readonly ofSecret?: boolean;
}

const QUESTIONS: readonly Asked[] = [
  { call: 'GET /api/v1/audit/events', service: 'audit', permission: 'event.list', workspace: '_system' },
  { call: 'GET /api/v1/audit/events?workspace=acme', service: 'audit', permission: 'event.list', workspace: 'acme' },
  {
    call: `GET /api/v1/audit/events?workspace=acme&reference=${reference}`,
    service: 'audit',
    permission: 'event.list',
    workspace: 'acme',
  },
  { call: `GET ${path}/accesses`, service: 'audit', permission: 'usage.get', workspace: 'acme', ofSecret: true },
  { call: 'GET /api/v1/security/summary', service: 'audit', permission: 'usage.summary', workspace: '_system' },
  {
    call: 'POST /api/v1/access/what-if',
    body: whatIf,
    service: 'audit',
    permission: 'access.what_if',
    workspace: 'acme',
  },
  {
    call: `PUT /api/v1/rotation/policies/${reference}`,
    body: settings,
    service: 'rotation',
    permission: 'rotation.set_policy',
    workspace: 'acme',
    ofSecret: true,
  },
  { call: `POST ${path}/rotate`, service: 'rotation', permission: 'rotation.start', workspace: 'acme', ofSecret: true },
  {
    call: `GET /api/v1/rotation/runs?workspace=acme&reference=${reference}`,
    service: 'rotation',
    permission: 'rotation.list_runs',
    workspace: 'acme',
  },
  { call: 'GET /api/v1/findings', service: 'anomaly', permission: 'finding.list', workspace: '_system' },
  {
    call: 'GET /api/v1/parked?reader=anomaly',
    service: 'anomaly',
    permission: 'parked.list',
    workspace: '_system',
  },
  {
    call: 'POST /api/v1/parked/audit/vault/4/replay',
    service: 'audit',
    permission: 'parked.replay',
    workspace: '_system',
  },
];

describe('a question for another service', () => {
  const ask = ({ call, body }: Asked, headers: object = {}) => {
    const [method = '', url = ''] = call.split(' ');
    return stage.ask(method, url, { ...as(analyst.token, headers), ...(body && { body }) });
  };

  it.each(QUESTIONS)('$call is asked once the vault has said that its caller may', async (question) => {
    const { service, permission, workspace, ofSecret } = question;
    const answer = await ask(question, { 'x-request-id': 'mine-1', 'idempotency-key': 'once_1' });
    expect(answer).toMatchObject({ status: 200 });
    expect(stage.decisions).toHaveLength(1);
    const { body, request } = stage.decisions[0]!;
    expect(body).toEqual({ permission, ...(ofSecret && { reference }) });
    expect(request).toMatchObject({
      address: { service: 'vault', workspace, aggregate: 'access', verb: 'decide' },
      actor: analyst.caller.principal,
      via: stage.principal,
      requestId: 'mine-1',
      edge: { ip: '127.0.0.1', tokenId: analyst.caller.tokenId },
    });
    expect(request.commandId).not.toBe('once_1');
    const [aggregate, verb] = permission.split('.');
    expect(stage.arrived?.request).toMatchObject({
      address: { service, workspace, aggregate, verb },
      actor: analyst.caller.principal,
      commandId: 'once_1',
    });
  });

  it.each(QUESTIONS)('$call is not asked where the vault says that its caller may not', async (question) => {
    for (const [code, status] of REFUSALS) {
      stage.decide = refusing(code);
      const answer = await ask(question);
      expectProblem(answer, status, code);
      expect(answer.json['detail']).toBe('for a reason of its own');
      expect(stage.arrived).toBeNull();
    }
  });

  it('is not asked before the vault has spoken, nor where it is silent', async () => {
    const [question] = QUESTIONS as readonly [Asked];
    const spoken = Promise.withResolvers<void>();
    const heard = Promise.withResolvers<void>();
    stage.decide = async () => {
      heard.resolve();
      await spoken.promise;
      return permitting();
    };
    const answer = ask(question);
    await heard.promise;
    // Were it asked at the same time, it would have been reached by now.
    await stage.ask('GET', '/health/ready');
    expect(stage.arrived).toBeNull();
    spoken.resolve();
    expect(await answer).toMatchObject({ status: 200 });
    expect(stage.arrived).not.toBeNull();

    stage.arrived = null;
    stage.decide = refusing('service.unavailable');
    expectProblem(await ask(question), 503, 'service.unavailable');
    expect(stage.arrived).toBeNull();
  });
});

describe('the token that was shown', () => {
  it('is named to every service, and no other is', async () => {
    const other = { 'kt-edge': Buffer.from('{"tokenId":"000000000000"}').toString('base64url') };
    await stage.ask('GET', path, as(admin.token, other));
    expect(stage.arrived?.request.edge).toEqual({ ip: '127.0.0.1', tokenId: admin.caller.tokenId });
    await stage.ask('GET', '/api/v1/findings', as(admin.token, other));
    expect(stage.arrived?.request.edge).toEqual({ ip: '127.0.0.1', tokenId: admin.caller.tokenId });
  });

  it('has no name where it is a JWT', async () => {
    await stage.ask('GET', path, as(foreign.token));
    expect(stage.arrived?.request).toMatchObject({ actor: foreign.caller.principal });
    expect(stage.arrived?.request.edge).toEqual({ ip: '127.0.0.1' });
  });
});
