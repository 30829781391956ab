/** What the routes of principals and tokens ask of the vault. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Operation } from '../answers.fixture.js';
import { startStage, type Stage } from '../gateway.fixture.js';
import { SERVICE_PRINCIPAL, serviceToken } from '../story.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage?.close());

interface Asked {
  readonly call: string;
  readonly operation: Operation;
  readonly body?: object;
  readonly status?: number;
  readonly sent: object;
  readonly workspace?: string;
}

it.each<Asked>([
  {
    call: 'POST /api/v1/access/principals',
    operation: 'principal.register',
    body: { kind: 'service', displayName: ' Ingest ' },
    status: 201,
    sent: { kind: 'service', displayName: 'Ingest', roles: [] },
  },
  { call: 'GET /api/v1/access/principals', operation: 'principal.list', sent: { limit: 50 } },
  {
    call: `GET /api/v1/access/principals/${SERVICE_PRINCIPAL}`,
    operation: 'principal.get',
    sent: { principal: SERVICE_PRINCIPAL },
  },
  {
    call: `POST /api/v1/access/principals/${SERVICE_PRINCIPAL}/suspend`,
    operation: 'principal.suspend',
    sent: { principal: SERVICE_PRINCIPAL },
  },
  {
    call: `POST /api/v1/access/principals/${SERVICE_PRINCIPAL}/roles`,
    operation: 'principal.bind_role',
    body: { role: 'service', workspace: 'acme' },
    sent: { principal: SERVICE_PRINCIPAL, role: 'service', workspace: 'acme' },
    workspace: 'acme',
  },
  {
    call: `DELETE /api/v1/access/principals/${SERVICE_PRINCIPAL}/roles/service?workspace=_system`,
    operation: 'principal.unbind_role',
    sent: { principal: SERVICE_PRINCIPAL, role: 'service', workspace: '_system' },
  },
  {
    call: `DELETE /api/v1/access/principals/${SERVICE_PRINCIPAL}/roles/workspace_admin?workspace=globex`,
    operation: 'principal.unbind_role',
    sent: { principal: SERVICE_PRINCIPAL, role: 'workspace_admin', workspace: 'globex' },
    workspace: 'globex',
  },
  {
    call: `POST /api/v1/access/principals/${SERVICE_PRINCIPAL}/quarantine`,
    operation: 'principal.quarantine',
    body: { ttlSeconds: 60, reason: 'strange' },
    sent: { principal: SERVICE_PRINCIPAL, ttlSeconds: 60, reason: 'strange' },
  },
  {
    call: `POST /api/v1/access/principals/${SERVICE_PRINCIPAL}/release`,
    operation: 'principal.release',
    sent: { principal: SERVICE_PRINCIPAL },
  },
  {
    call: 'POST /api/v1/access/tokens',
    operation: 'token.issue',
    body: { principal: SERVICE_PRINCIPAL, scopes: ['secret.decrypt'] },
    status: 201,
    sent: { principal: SERVICE_PRINCIPAL, scopes: ['secret.decrypt'] },
  },
  {
    call: `GET /api/v1/access/tokens?principal=${SERVICE_PRINCIPAL}`,
    operation: 'token.list',
    sent: { principal: SERVICE_PRINCIPAL },
  },
  {
    call: `POST /api/v1/access/tokens/${serviceToken.tokenId}/revoke`,
    operation: 'token.revoke',
    body: { reason: 'leaked' },
    sent: { tokenId: serviceToken.tokenId, reason: 'leaked' },
  },
])('$call', async ({ call, operation, body, status = 200, sent, workspace = '_system' }) => {
  const [method = '', path = ''] = call.split(' ');
  const answer = await stage.ask(method, path, body && { body });
  expect(answer.status).toBe(status);
  expect(await stage.answers[operation]()).toEqual({ ok: true, value: answer.json });
  const [aggregate, verb] = operation.split('.');
  expect(stage.arrived?.request.address).toMatchObject({ service: 'vault', workspace, aggregate, verb });
  expect(stage.arrived?.body).toEqual(sent);
});
