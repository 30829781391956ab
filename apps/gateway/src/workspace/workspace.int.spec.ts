/** What the routes of workspaces ask of the vault. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ANSWERS, type Operation } from '../answers.fixture.js';
import { expectProblem, startStage, type Stage } from '../gateway.fixture.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage?.close());

it.each<{ call: string; body?: object; operation: Operation; workspace: string; sent: object }>([
  { call: 'GET /api/v1/workspaces/acme', operation: 'workspace.get', workspace: 'acme', sent: {} },
  { call: 'GET /api/v1/workspaces/_system', operation: 'workspace.get', workspace: '_system', sent: {} },
  {
    call: 'PATCH /api/v1/workspaces/acme',
    body: { profile: 'delegated', twoPersonRelease: true },
    operation: 'workspace.configure',
    workspace: 'acme',
    sent: { profile: 'delegated', twoPersonRelease: true },
  },
  {
    call: 'PATCH /api/v1/workspaces/_system',
    body: { twoPersonRelease: true },
    operation: 'workspace.configure',
    workspace: '_system',
    sent: { twoPersonRelease: true },
  },
])('$call reaches the vault in its workspace', async ({ call, body, operation, workspace, sent }) => {
  const [method = '', path = ''] = call.split(' ');
  const answer = await stage.ask(method, path, body && { body });
  expect([answer.status, answer.headers.etag]).toEqual([200, '"1"']);
  expect(await ANSWERS[operation]()).toEqual({ ok: true, value: answer.json });
  const [aggregate, verb] = operation.split('.');
  expect(stage.arrived?.request.address).toMatchObject({ service: 'vault', workspace, aggregate, verb });
  expect(stage.arrived?.body).toEqual(sent);
});

const sending = (method: string, path: string, body?: object) => ({ method, path, body });

it.each([
  sending('GET', '/api/v1/workspaces/Acme'),
  sending('GET', '/api/v1/workspaces/*'),
  sending('GET', '/api/v1/workspaces/acme?profile=strict'),
  sending('PATCH', '/api/v1/workspaces/acme'),
  sending('PATCH', '/api/v1/workspaces/acme', {}),
  sending('PATCH', '/api/v1/workspaces/acme', { profile: 'lax' }),
  sending('PATCH', '/api/v1/workspaces/acme', { slug: 'globex' }),
  sending('PATCH', '/api/v1/workspaces/acme.secret', { profile: 'strict' }),
])('$method $path $body is refused', async ({ method, path, body }) => {
  stage.arrived = null;
  expectProblem(await stage.ask(method, path, body && { body }), 400, 'request.malformed');
  expect(stage.arrived).toBeNull();
});
