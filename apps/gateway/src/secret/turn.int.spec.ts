/** What becomes of a request to switch a secret off or on, to delete it, to hold it back, and to undo all that. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ANSWERS, type Operation } from '../answers.fixture.js';
import { canary, expectProblem, reference, startStage, type Sent, type Stage } from '../gateway.fixture.js';
import { SERVICE_PRINCIPAL } from '../story.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage?.close());

const path = `/api/v1/secrets/${reference}`;
const guarded = { 'if-match': '"7"', 'idempotency-key': 'once_1' };
const reason = 'it may have leaked';

interface Asked {
  readonly call: string;
  readonly sending?: Sent;
  readonly operation: Operation;
  readonly sent: object;
}

describe('a request', () => {
  it.each<Asked>([
    ...(['disable', 'enable', 'undelete'] as const).flatMap((verb): Asked[] => [
      { call: `POST ${path}/${verb}`, operation: `secret.${verb}`, sent: { reference } },
      {
        call: `POST ${path}/${verb}`,
        sending: { headers: guarded, body: { reason } },
        operation: `secret.${verb}`,
        sent: { reference, reason, expectedRevision: 7 },
      },
    ]),
    { call: `DELETE ${path}`, operation: 'secret.delete', sent: { reference } },
    {
      call: `DELETE ${path}`,
      sending: { headers: guarded },
      operation: 'secret.delete',
      sent: { reference, expectedRevision: 7 },
    },
    {
      call: `POST ${path}/quarantine`,
      sending: { body: { reason } },
      operation: 'secret.quarantine',
      sent: { reference, reason },
    },
    {
      call: `POST ${path}/quarantine`,
      sending: { body: { reason, principal: SERVICE_PRINCIPAL, ttlSeconds: 60 } },
      operation: 'secret.quarantine',
      sent: { reference, reason, principal: SERVICE_PRINCIPAL, ttlSeconds: 60 },
    },
    { call: `POST ${path}/release`, operation: 'secret.release', sent: { reference } },
    {
      call: `POST ${path}/release`,
      sending: { body: { reason, principal: SERVICE_PRINCIPAL } },
      operation: 'secret.release',
      sent: { reference, reason, principal: SERVICE_PRINCIPAL },
    },
  ])('$call $sending.body reaches the vault', async ({ call, sending, operation, sent }) => {
    const [method = '', url = ''] = call.split(' ');
    const answer = await stage.ask(method, url, sending);
    expect([answer.status, answer.headers.etag]).toEqual([200, '"7"']);
    expect(await ANSWERS[operation]()).toEqual({ ok: true, value: answer.json });
    const [aggregate, verb] = operation.split('.');
    expect(stage.arrived?.request.address).toMatchObject({ service: 'vault', workspace: 'acme', aggregate, verb });
    expect(stage.arrived?.body).toEqual(sent);
    expect(stage.arrived?.request).toMatchObject(sending?.headers ? { commandId: 'once_1' } : {});
  });

  it.each<[string, string, Sent]>([
    ['POST', `${path}/disable`, { body: { reason: '' } }],
    ['POST', `${path}/disable`, { body: { expectedRevision: 7 } }],
    ['POST', `${path}/enable`, { body: { reference } }],
    ['POST', `${path}/undelete`, { headers: { 'if-match': 'W/"7"' } }],
    ['DELETE', path, { body: { reason } }],
    ['DELETE', path, { headers: { 'if-match': '*' } }],
    ['DELETE', '/api/v1/secrets/tenant.*.openai.key', {}],
    ['POST', `${path}/quarantine`, {}],
    ['POST', `${path}/quarantine`, { body: {} }],
    ['POST', `${path}/quarantine`, { body: { reason: 'x'.repeat(501) } }],
    ['POST', `${path}/quarantine`, { body: { reason, ttlSeconds: 1.5 } }],
    ['POST', `${path}/quarantine`, { body: { reason, principal: canary } }],
    ['POST', `${path}/release`, { body: { ttlSeconds: 60 } }],
  ])('%s %s %j is refused', async (method, url, sending) => {
    stage.arrived = null;
    expectProblem(await stage.ask(method, url, sending), 400, 'request.malformed');
    expect(stage.arrived).toBeNull();
  });
});
