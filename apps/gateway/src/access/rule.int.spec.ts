/** What the routes of grants, policies and explanations ask of the vault, and what they do not take. */
import { rpcError } from '@keytrail/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ANSWERS, type Operation } from '../answers.fixture.js';
import { canary, expectProblem, reference, startStage, type Stage } from '../gateway.fixture.js';
import { SERVICE_PRINCIPAL } from '../story.js';
import { grant, policy } from './access.story.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterEach(() => {
  stage.answers = { ...ANSWERS };
});
afterAll(() => stage?.close());

const principal = SERVICE_PRINCIPAL;
const { source } = policy;
const give = { principal, pattern: 'tenant.globex.openai.*', permissions: ['secret.decrypt'] };
const explain = { principal, permission: 'secret.decrypt', reference };

interface Asked {
  readonly call: string;
  readonly body?: object;
  readonly status?: number;
  readonly operation: Operation;
  readonly workspace: string;
  readonly sent: object;
}

describe('a request', () => {
  it.each<Asked>([
    {
      call: 'POST /api/v1/access/grants',
      body: { ...give, hours: { from: '22:00', to: '06:00' }, reason: 'nightly' },
      status: 201,
      operation: 'grant.give',
      workspace: 'globex',
      sent: { ...give, hours: { from: '22:00', to: '06:00' }, reason: 'nightly' },
    },
    { call: 'GET /api/v1/access/grants', operation: 'grant.list', workspace: '_system', sent: { limit: 50 } },
    {
      call: `GET /api/v1/access/grants?workspace=acme&principal=${principal}&limit=7&cursor=next`,
      operation: 'grant.list',
      workspace: 'acme',
      sent: { principal, limit: 7, cursor: 'next' },
    },
    {
      call: `DELETE /api/v1/access/grants/${grant.grantId}`,
      operation: 'grant.withdraw',
      workspace: '_system',
      sent: { grantId: grant.grantId },
    },
    {
      call: `DELETE /api/v1/access/grants/${grant.grantId}?workspace=acme`,
      operation: 'grant.withdraw',
      workspace: 'acme',
      sent: { grantId: grant.grantId },
    },
    {
      call: 'PUT /api/v1/access/policies/acme/no-nights',
      body: { source, expectedVersion: 0, reason: 'first' },
      operation: 'policy.publish',
      workspace: 'acme',
      sent: { name: 'no-nights', source, expectedVersion: 0, reason: 'first' },
    },
    { call: 'GET /api/v1/access/policies/acme', operation: 'policy.list', workspace: 'acme', sent: {} },
    {
      call: 'GET /api/v1/access/policies/acme/no-nights',
      operation: 'policy.get',
      workspace: 'acme',
      sent: { name: 'no-nights' },
    },
    {
      call: 'GET /api/v1/access/policies/acme/check?version=3',
      operation: 'policy.get',
      workspace: 'acme',
      sent: { name: 'check', version: 3 },
    },
    {
      call: 'DELETE /api/v1/access/policies/acme/no-nights',
      operation: 'policy.withdraw',
      workspace: 'acme',
      sent: { name: 'no-nights' },
    },
    {
      call: 'POST /api/v1/access/policies/acme/check',
      body: { source },
      operation: 'policy.check',
      workspace: 'acme',
      sent: { source },
    },
    {
      call: 'POST /api/v1/access/explain',
      body: { ...explain, workspace: 'acme', ip: '192.0.2.1', asOf: '2026-01-31T12:00:00.000Z' },
      operation: 'access.explain',
      workspace: 'acme',
      sent: { ...explain, ip: '192.0.2.1', asOf: '2026-01-31T12:00:00.000Z' },
    },
    {
      call: 'POST /api/v1/access/explain',
      body: { principal, permission: 'principal.list', workspace: '_system' },
      operation: 'access.explain',
      workspace: '_system',
      sent: { principal, permission: 'principal.list' },
    },
  ])('$call reaches the vault in its workspace', async ({ call, body, status = 200, operation, workspace, sent }) => {
    const [method = '', path = ''] = call.split(' ');
    const answer = await stage.ask(method, path, body && { body });
    expect(answer.status).toBe(status);
    expect(await stage.answers[operation]()).toEqual({ ok: true, value: answer.json });
    const [aggregate, verb] = operation.split('.');
    expect(stage.arrived?.request.address).toMatchObject({ service: 'vault', workspace, aggregate, verb });
    expect(stage.arrived?.body).toEqual(sent);
  });

  it('to publish what cannot be published is answered with every issue', async () => {
    const issues = [{ path: 'source.0', message: 'permits anything: name the actions' }];
    stage.answers['policy.publish'] = () => ({
      ok: false,
      error: rpcError('policy.invalid', 'the policy cannot be published', issues),
    });
    const answer = await stage.ask('PUT', '/api/v1/access/policies/acme/no-nights', { body: { source } });
    expectProblem(answer, 422, 'policy.invalid');
    expect(answer.json['issues']).toEqual(issues);
  });
});

const policies = '/api/v1/access/policies';

const sending = (method: string, path: string, body?: object) => ({ method, path, body });

describe('bad input', () => {
  it.each([
    sending('POST', '/api/v1/access/grants', {}),
    sending('POST', '/api/v1/access/grants', { ...give, pattern: 'tenant.*.openai.prod' }),
    sending('POST', '/api/v1/access/grants', { ...give, pattern: '*' }),
    sending('POST', '/api/v1/access/grants', { ...give, pattern: 'tenant.acme.o*ai.prod' }),
    sending('POST', '/api/v1/access/grants', { ...give, permissions: [] }),
    sending('POST', '/api/v1/access/grants', { ...give, permissions: ['principal.register'] }),
    sending('POST', '/api/v1/access/grants', { ...give, networks: ['10.0.0.0/33'] }),
    sending('POST', '/api/v1/access/grants', { ...give, hours: { from: '24:00', to: '06:00' } }),
    sending('POST', '/api/v1/access/grants', { ...give, hours: { from: '22:00', to: '06:00', days: [] } }),
    sending('POST', '/api/v1/access/grants', { ...give, workspace: 'acme' }),
    sending('POST', '/api/v1/access/grants', { ...give, [canary]: true }),
    sending('GET', '/api/v1/access/grants?limit=0'),
    sending('GET', '/api/v1/access/grants?workspace=*'),
    sending('GET', '/api/v1/access/grants?principal=nobody'),
    sending('GET', '/api/v1/access/grants?workspace=acme&workspace=globex'),
    sending('DELETE', `/api/v1/access/grants/${canary}`),
    sending('DELETE', `/api/v1/access/grants/${grant.grantId}?workspace=Acme`),
    sending('DELETE', `/api/v1/access/grants/${grant.grantId}`, { reason: 'no body is taken' }),
    sending('PUT', `${policies}/_system/no-nights`, { source }),
    sending('PUT', `${policies}/acme/No-Nights`, { source }),
    sending('PUT', `${policies}/acme/${'n'.repeat(49)}`, { source }),
    sending('PUT', `${policies}/acme/no-nights`, { source: '' }),
    sending('PUT', `${policies}/acme/no-nights`, { source: 'x'.repeat(8_193) }),
    sending('PUT', `${policies}/acme/no-nights`, { source, name: 'another' }),
    sending('PUT', `${policies}/acme/no-nights`, { source, expectedVersion: -1 }),
    sending('GET', `${policies}/acme/no-nights?version=0`),
    sending('GET', `${policies}/acme/no-nights?version=1e3`),
    sending('GET', `${policies}/acme?limit=5`),
    sending('GET', `${policies}/acme.secret`),
    sending('DELETE', `${policies}/acme/no-nights`, {}),
    sending('POST', `${policies}/acme/check`, {}),
    sending('POST', `${policies}/acme/check`, { source, name: 'no-nights' }),
    sending('POST', '/api/v1/access/explain', explain),
    sending('POST', '/api/v1/access/explain', { ...explain, workspace: '*' }),
    sending('POST', '/api/v1/access/explain', { ...explain, workspace: 'acme', permission: 'secret.steal' }),
    sending('POST', '/api/v1/access/explain', { ...explain, workspace: 'acme', ip: '300.0.0.1' }),
    sending('POST', '/api/v1/access/explain', { ...explain, workspace: 'acme', asOf: 'yesterday' }),
    sending('POST', '/api/v1/access/what-if', { name: 'no-nights', source }),
    sending('POST', '/api/v1/access/what-if', { workspace: '_system', name: 'no-nights', source }),
    sending('POST', '/api/v1/access/what-if', { workspace: 'acme', name: 'no-nights', source, days: 91 }),
    sending('POST', '/api/v1/access/what-if', { workspace: 'acme', name: 'no-nights', source, cursor: 'next' }),
    sending('POST', `/api/v1/access/principals/${principal}/quarantine`),
    sending('POST', `/api/v1/access/principals/${principal}/quarantine`, {}),
    sending('POST', `/api/v1/access/principals/${principal}/quarantine`, { reason: 'x', ttlSeconds: 0 }),
    sending('POST', `/api/v1/access/principals/${principal}/quarantine`, { reason: 'x', ttlSeconds: 31_536_001 }),
    sending('POST', `/api/v1/access/principals/${principal}/release`, { principal }),
  ])('$method $path $body is answered 400', async ({ method, path, body }) => {
    stage.arrived = null;
    expectProblem(await stage.ask(method, path, body && { body }), 400, 'request.malformed');
    expect(stage.arrived).toBeNull();
  });
});
