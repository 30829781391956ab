/** What a well-formed request becomes, and how the gateway itself comes and goes. */
import { rpcError } from '@keytrail/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ANSWERS, description, type Operation } from './answers.fixture.js';
import { admin, canary, expectProblem, reference, secret, startStage, token, type Stage } from './gateway.fixture.js';
import { completedRun, finding } from './story.js';

const policy = `/api/v1/rotation/policies/${reference}`;
const settings = { intervalSeconds: 3_600, handler: { type: 'random', value: { length: 32, alphabet: 'abcdef' } } };

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterEach(() => {
  stage.answers = { ...ANSWERS };
});
afterAll(() => stage?.close());

describe('a request', () => {
  it.each<{ call: string; body?: object; status: number; operation: Operation; sent: object }>([
    {
      call: 'POST /api/v1/workspaces',
      body: { slug: 'acme' },
      status: 201,
      operation: 'workspace.create',
      sent: { slug: 'acme' },
    },
    {
      call: 'POST /api/v1/secrets',
      body: secret(),
      status: 201,
      operation: 'secret.create',
      sent: { reference, sealedValue: expect.anything() },
    },
    { call: `GET /api/v1/secrets/${reference}`, status: 200, operation: 'secret.get', sent: { reference } },
    {
      call: 'GET /api/v1/secrets/tenant%2Eacme.openai.prod',
      status: 200,
      operation: 'secret.get',
      sent: { reference },
    },
    {
      call: `POST /api/v1/secrets/${reference}/versions`,
      body: { value: { base64: 'AAAA' }, expiresAt: '2027-01-31T12:00:00.000Z' },
      status: 201,
      operation: 'secret.add_version',
      sent: { reference, sealedValue: expect.anything(), expiresAt: '2027-01-31T12:00:00.000Z' },
    },
    { call: `POST /api/v1/secrets/${reference}/revoke`, status: 200, operation: 'secret.revoke', sent: { reference } },
    {
      call: `POST /api/v1/secrets/${reference}/revoke`,
      body: { reason: 'leaked' },
      status: 200,
      operation: 'secret.revoke',
      sent: { reference, reason: 'leaked' },
    },
    { call: `GET /api/v1/secrets/${reference}/accesses`, status: 200, operation: 'usage.get', sent: { reference } },
    {
      call: 'GET /api/v1/audit/events?workspace=acme&limit=7',
      status: 200,
      operation: 'event.list',
      sent: { workspace: 'acme', limit: 7 },
    },
    {
      call: `PUT ${policy}`,
      body: settings,
      status: 200,
      operation: 'rotation.set_policy',
      sent: { ...settings, reference, notifyBeforeSeconds: 0, autoRotate: false },
    },
    { call: `GET ${policy}`, status: 200, operation: 'rotation.get_policy', sent: { reference } },
    {
      call: 'GET /api/v1/rotation/policies?workspace=acme&limit=7&cursor=next',
      status: 200,
      operation: 'rotation.list_policies',
      sent: { workspace: 'acme', limit: 7, cursor: 'next' },
    },
    {
      call: 'GET /api/v1/rotation/due?workspace=acme',
      status: 200,
      operation: 'rotation.list_due',
      sent: { workspace: 'acme', limit: 50 },
    },
    { call: `POST /api/v1/secrets/${reference}/rotate`, status: 200, operation: 'rotation.start', sent: { reference } },
    {
      call: `POST /api/v1/secrets/${reference}/rotate`,
      body: { handler: settings.handler },
      status: 200,
      operation: 'rotation.start',
      sent: { reference, handler: settings.handler },
    },
    {
      call: `GET /api/v1/rotation/runs?workspace=acme&reference=${reference}&status=failed`,
      status: 200,
      operation: 'rotation.list_runs',
      sent: { workspace: 'acme', reference, status: 'failed', limit: 50 },
    },
    {
      call: `GET /api/v1/findings?workspace=acme&reference=${reference}&rule=access_rate_hour`,
      status: 200,
      operation: 'finding.list',
      sent: { workspace: 'acme', reference, rule: 'access_rate_hour', limit: 50 },
    },
    {
      call: 'GET /api/v1/security/summary?workspace=acme&limit=1000',
      status: 200,
      operation: 'usage.summary',
      sent: { workspace: 'acme', limit: 1000 },
    },
  ])('$call reaches its service in its workspace', async ({ call, body, status, operation, sent }) => {
    const [method = '', path = ''] = call.split(' ');
    const answer = await stage.ask(method, path, body && { body });
    expect(answer.status).toBe(status);
    expect(await stage.answers[operation]()).toEqual({ ok: true, value: answer.json });
    expect(stage.arrived).toMatchObject({
      body: sent,
      request: {
        address: { workspace: 'acme', aggregate: operation.split('.')[0], verb: operation.split('.')[1] },
      },
    });
    expect(stage.arrived?.body).toEqual(sent);
    expect(stage.arrived?.request).toMatchObject({ actor: admin.caller.principal, via: stage.principal });
  });

  it.each<{ call: string; service: string; operation: Operation; sent?: object }>([
    { call: 'GET /api/v1/audit/events', service: 'audit', operation: 'event.list' },
    { call: 'GET /api/v1/security/summary', service: 'audit', operation: 'usage.summary' },
    { call: 'GET /api/v1/rotation/policies', service: 'rotation', operation: 'rotation.list_policies' },
    { call: 'GET /api/v1/rotation/due', service: 'rotation', operation: 'rotation.list_due' },
    { call: 'GET /api/v1/rotation/runs', service: 'rotation', operation: 'rotation.list_runs' },
    { call: 'GET /api/v1/findings', service: 'anomaly', operation: 'finding.list' },
    {
      call: `GET /api/v1/rotation/runs/${completedRun.id}`,
      service: 'rotation',
      operation: 'rotation.get_run',
      sent: { id: completedRun.id },
    },
    {
      call: `GET /api/v1/findings/${finding.id}`,
      service: 'anomaly',
      operation: 'finding.get',
      sent: { id: finding.id },
    },
    { call: 'GET /api/v1/parked?reader=audit', service: 'audit', operation: 'parked.list' },
    {
      call: 'GET /api/v1/parked?reader=anomaly&service=vault&cursor=vault.17',
      service: 'anomaly',
      operation: 'parked.list',
      sent: { service: 'vault', cursor: 'vault.17', limit: 50 },
    },
    {
      call: 'POST /api/v1/parked/anomaly/vault/17/replay',
      service: 'anomaly',
      operation: 'parked.replay',
      sent: { service: 'vault', ordinal: 17 },
    },
  ])('$call is asked of $service for all workspaces', async ({ call, service, operation, sent = { limit: 50 } }) => {
    const [method = '', path = ''] = call.split(' ');
    const answer = await stage.ask(method, path);
    expect(answer.status).toBe(200);
    expect(await stage.answers[operation]()).toEqual({ ok: true, value: answer.json });
    const [aggregate, verb] = operation.split('.');
    expect(stage.arrived?.request.address).toMatchObject({ service, workspace: '_system', aggregate, verb });
    expect(stage.arrived?.body).toEqual(sent);
  });

  it('to delete a policy is answered with nothing, whatever the service may say', async () => {
    stage.answers['rotation.delete_policy'] = () => ({ ok: true, value: { text: canary } });
    const answer = await stage.ask('DELETE', policy, { headers: { 'if-match': '"3"', 'idempotency-key': 'once_2' } });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(answer.headers).not.toHaveProperty('content-type');
    expect(stage.arrived).toMatchObject({
      body: { reference, expectedRevision: 3 },
      request: { address: { service: 'rotation', workspace: 'acme', verb: 'delete_policy' }, commandId: 'once_2' },
    });
  });

  it('to set a policy takes its guard along, and is answered with its revision', async () => {
    const answer = await stage.ask('PUT', policy, { headers: { 'if-match': '3' }, body: settings });
    expect([answer.status, answer.headers.etag]).toEqual([200, '"1"']);
    expect(stage.arrived?.body).toMatchObject({ reference, expectedRevision: 3 });
  });

  it('takes its ids, trace, guard and origin along', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const headers = {
      'x-request-id': 'mine-1',
      'idempotency-key': 'once_1',
      'if-match': '"7"',
      'user-agent': 'curl/8',
      traceparent,
    };
    const answer = await stage.ask('POST', `/api/v1/secrets/${reference}/revoke`, { headers });
    expect(answer.headers).toMatchObject({ 'x-request-id': 'mine-1', etag: '"7"' });
    expect(stage.arrived?.body).toEqual({ reference, expectedRevision: 7 });
    expect(stage.arrived?.request).toMatchObject({
      requestId: 'mine-1',
      commandId: 'once_1',
      traceparent,
      edge: { ip: '127.0.0.1', userAgent: 'curl/8' },
    });
  });

  it('without usable ids gets new ones', async () => {
    const answer = await stage.ask('GET', `/api/v1/secrets/${reference}`, {
      headers: { 'x-request-id': 'not one', traceparent: 'x' },
    });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(stage.arrived?.request.requestId).toBe(answer.headers['x-request-id']);
    expect(stage.arrived?.request.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  });

  it('is answered with headers that keep a browser at bay, and without a word on the server', async () => {
    const { headers } = await stage.ask('GET', '/health/live');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect(headers).not.toHaveProperty('server');
    expect(headers).not.toHaveProperty('x-powered-by');
  });

  it('that a service refuses is answered with the code, sentence and issues of the service', async () => {
    const issues = [{ path: 'reference', message: 'is taken' }];
    stage.answers['secret.create'] = () => ({
      ok: false,
      error: rpcError('secret.already_exists', 'there is such a secret', issues),
    });
    const answer = await stage.ask('POST', '/api/v1/secrets', { body: secret() });
    expectProblem(answer, 409, 'secret.already_exists');
    expect(answer.json).toMatchObject({ detail: 'there is such a secret', issues });
  });

  it('never has a plaintext in its answer, even if a service were to send one', async () => {
    stage.answers['secret.get'] = () => ({ ok: true, value: { ...description, value: { text: canary } } });
    expectProblem(await stage.ask('GET', `/api/v1/secrets/${reference}`), 500, 'internal');
  });

  it.each(['rotation/runs', 'findings'])('for one of the %s may name its workspace', async (list) => {
    const [operation, { id }] =
      list === 'findings' ? (['finding.get', finding] as const) : (['rotation.get_run', completedRun] as const);
    expect(await stage.ask('GET', `/api/v1/${list}/${id}?workspace=acme`)).toMatchObject({ status: 200 });
    expect(stage.arrived?.request.address).toMatchObject({ workspace: 'acme', verb: operation.split('.')[1] });
    expect(stage.arrived?.body).toEqual({ id });
  });

  it('may ask for the document without a token', async () => {
    const { status, json } = await stage.ask('GET', '/api/openapi.json', { headers: { authorization: '' } });
    expect([status, json['openapi']]).toEqual([200, '3.1.1']);
  });
});

describe('the gateway', () => {
  it('answers what is under way before it closes', async () => {
    const second = await stage.startAnother();
    const held = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    stage.answers['secret.get'] = async () => {
      reached.resolve();
      await held.promise;
      return { ok: true, value: description };
    };
    const answer = fetch(`${second.url}/api/v1/secrets/${reference}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    await reached.promise;
    const closed = second.close();
    held.resolve();
    const { status, headers } = await answer;
    expect([status, headers.get('connection')]).toEqual([200, 'close']);
    await closed;
    await expect(fetch(`${second.url}/health/live`)).rejects.toThrow();
  });

  it('is ready while it is connected to NATS, and says so when it is not', async () => {
    expect(await stage.ask('GET', '/health/ready')).toMatchObject({ status: 200, json: { status: 'ready' } });
    await stage.nats.kill();
    let answer = await stage.ask('GET', '/health/ready');
    while (answer.status === 200) answer = await stage.ask('GET', '/health/ready');
    expectProblem(answer, 503, 'service.unavailable');
    expect(answer.json['detail']).toBe('not ready: nats');
    expectProblem(await stage.ask('GET', `/api/v1/secrets/${reference}`), 503, 'service.unavailable');
    expect(await stage.ask('GET', '/health/live')).toMatchObject({ status: 200 });
  });
});
