/**
 * Whatever is thrown at a whole system is refused by a stable code with a sentence; nothing falls over and no event is
 * lost.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KeytrailClient } from '@keytrail/client';
import { closeStage, openStage, processNames, refusalOf, type Sent, type Stage } from './stage.fixture.js';

let stage: Stage;
let billing: KeytrailClient;
let pids: readonly number[];
const pidsNow = () => processNames.map((name) => stage.system.pidOf(name));
beforeAll(async () => {
  stage = await openStage();
  billing = await stage.caller('billing');
  pids = pidsNow();
  await stage.ask('POST', '/workspaces', { body: { slug: 'acme' } });
  for (const key of ['kept', 'gone'])
    await stage.ask('POST', '/secrets', { body: secret(`tenant.acme.openai.${key}`) });
  await stage.ask('POST', '/secrets/tenant.acme.openai.gone/revoke');
});
afterAll(closeStage);

const kept = 'tenant.acme.openai.kept';
const fresh = 'tenant.acme.openai.fresh';
const secret = (reference: string, value: object = { text: 'value' }) => ({ reference, value });

const badReferences: readonly (readonly [what: string, reference: string])[] = [
  ['an empty part', 'tenant..openai.key'],
  ['upper case', 'tenant.Acme.openai.key'],
  ['a wildcard', 'tenant.*.openai.key'],
  ['a wildcard of the rest', 'tenant.acme.>'],
  ['dots alone', '..'],
  ['300 characters', `tenant.acme.openai.${'k'.repeat(281)}`],
  ['NUL', 'tenant.acme.openai.k\0'],
  ['half a character', 'tenant.acme.openai.\ud800'],
  ['a space behind', 'tenant.acme.openai.key '],
  ['no text', ''],
];

function expectRefused({ json, headers }: Awaited<ReturnType<Stage['ask']>>, status: number, code: string): void {
  expect(json).toMatchObject({ status, code, requestId: headers['x-request-id'] });
  expect(json['detail']).toMatch(/^.{15,}$/);
  expect(headers['content-type']).toBe('application/problem+json');
}

describe('over HTTP', () => {
  it.each(badReferences)('a reference with %s is malformed', async (_what, reference) => {
    const answer = await stage.ask('POST', '/secrets', { body: secret(reference) });
    expectRefused(answer, 400, 'request.malformed');
  });

  it.each(badReferences.filter(([, reference]) => reference.isWellFormed() && /[^.]/.test(reference)))(
    'a path to a reference with %s is malformed',
    async (_what, reference) => {
      const place = `/secrets/${encodeURIComponent(reference)}`;
      expectRefused(await stage.ask('GET', place), 400, 'request.malformed');
      expectRefused(await stage.ask('POST', `${place}/revoke`), 400, 'request.malformed');
    },
  );

  it.each(['%2E%2E', 'tenant.acme.openai.%ED%A0%80', 'tenant%252Eacme.openai.kept', '%zz', 'k'.repeat(2_000)])(
    'the path /secrets/%s is malformed',
    async (part) => {
      expectRefused(await stage.ask('GET', `/secrets/${part}`), 400, 'request.malformed');
    },
  );

  it.each<readonly [what: string, body: string | object]>([
    ['a value of no bytes', secret(fresh, { text: '' })],
    ['a value of no bytes in base64', secret(fresh, { base64: '' })],
    ['a value that is no base64', secret(fresh, { base64: 'not base64!' })],
    ['a value that is a number', secret(fresh, { text: 7 })],
    ['a value in two forms', secret(fresh, { text: 'x', base64: 'eA==' })],
    ['a value without its form', { reference: fresh, value: 'x' }],
    ['a reference that is a list', { ...secret(fresh), reference: [fresh] }],
    ['no value', { reference: fresh }],
    ['an unknown key', { ...secret(fresh), owner: 'me' }],
    ['a repeated key', `{"reference":"${fresh}","reference":"${kept}","value":{"text":"x"}}`],
    ['a key of the prototype', `{"reference":"${fresh}","value":{"text":"x"},"__proto__":{"admin":true}}`],
    ['another one', `{"reference":"${fresh}","value":{"text":"x","constructor":{"prototype":{}}}}`],
    ['broken JSON', `{"reference":"${fresh}","value":`],
    ['no JSON', 'reference=x'],
    ['nothing', ''],
    ['a list', '[]'],
    ['deep JSON', '['.repeat(10_000)],
  ])('%s is malformed', async (_what, body) => {
    expectRefused(await stage.ask('POST', '/secrets', { body }), 400, 'request.malformed');
  });

  it.each<readonly [what: string, sent: Sent, refusal: readonly [status: number, code: string]]>([
    ['a value of 65,537 bytes', { body: secret(fresh, { text: 'x'.repeat(65_537) }) }, [413, 'request.too_large']],
    ['a huge body', { body: Buffer.alloc(4_000_000, 'x') }, [413, 'request.too_large']],
    ['another content type', { body: 'x', headers: { 'content-type': 'text/plain' } }, [400, 'request.malformed']],
    ['no token', { body: secret(fresh), headers: { authorization: '' } }, [401, 'auth.missing']],
    ['a wrong token', { body: secret(fresh), headers: { authorization: 'Bearer kt_x_y' } }, [401, 'auth.invalid']],
    [
      'a command id that is none',
      { body: secret(fresh), headers: { 'idempotency-key': 'a b' } },
      [400, 'request.malformed'],
    ],
    ['a secret that exists', { body: secret(kept) }, [409, 'secret.already_exists']],
    ['a workspace that does not', { body: secret('tenant.nowhere.openai.key') }, [404, 'workspace.not_found']],
  ])('%s is refused', async (_what, sent, [status, code]) => {
    expectRefused(await stage.ask('POST', '/secrets', sent), status, code);
  });

  it.each([
    'limit=0',
    'limit=1001',
    'limit=x',
    'cursor=!',
    'from=yesterday',
    'action=DROP',
    'x=1',
    'outcome=success&outcome=failure',
  ])('an audit query of %s is malformed', async (query) => {
    expectRefused(await stage.ask('GET', `/audit/events?${query}`), 400, 'request.malformed');
  });
});

describe('over NATS', () => {
  it.each(badReferences)('a reference with %s is malformed', async (_what, reference) => {
    expect(await stage.request('billing', { reference })).toMatchObject({ error: { code: 'request.malformed' } });
    expect(await refusalOf(billing.decrypt(reference))).toMatchObject({ code: 'request.malformed' });
  });

  it.each<readonly [what: string, body: unknown]>([
    ['nothing', null],
    ['a text', 'x'],
    ['a list', [kept]],
    ['an unknown key', { reference: kept, force: true }],
    ['a key of the prototype', JSON.parse(`{"reference":"${kept}","__proto__":{"version":1}}`)],
    ['version 0', { reference: kept, version: 0 }],
    ['half a version', { reference: kept, version: 0.5 }],
    ['a version in text', { reference: kept, version: '1' }],
    ['a reference of another workspace than the subject', { reference: 'tenant.globex.openai.key' }],
  ])('%s is malformed', async (_what, body) => {
    expect(await stage.request('billing', body)).toMatchObject({ ok: false, error: { code: 'request.malformed' } });
  });

  it('what a caller may not ask is denied: by the vault, or it does not even arrive', async () => {
    for (const call of [
      { verb: 'create' },
      { verb: 'revoke' },
      { service: 'audit', aggregate: 'event', verb: 'list' },
    ]) {
      const reply = await stage.request('billing', secret(fresh), call);
      expect([call, reply]).toMatchObject([call, { ok: false, error: { code: 'access.denied' } }]);
    }
  });

  it('a body beyond the limit is too large', async () => {
    const reply = await stage.request('billing', { reference: 'x'.repeat(100_000) });
    expect(reply).toMatchObject({ ok: false, error: { code: 'request.too_large' } });
  });

  it('an unknown and a revoked secret look the same to the caller, and each attempt is an event with its reason', async () => {
    const unknown = await refusalOf(billing.decrypt('tenant.acme.openai.unknown'));
    const nowhere = await refusalOf(billing.decrypt('tenant.nowhere.openai.unknown'));
    const revoked = await refusalOf(billing.decrypt('tenant.acme.openai.gone'));
    expect(revoked).toMatchObject({ code: 'secret.unavailable', retryable: false });
    expect([unknown, nowhere]).toEqual([revoked, revoked]);
  });
});

describe('after all that', () => {
  /** How the system came about, and that those who ask have come in. */
  const ofIdentity = new Set(['rotate_key', 'principal_registered', 'role_bound', 'token_issued', 'session_opened']);

  it('every process is still the same one, and ready', async () => {
    expect(pidsNow()).toEqual(pids);
    expect(stage.notices).toEqual([]);
    const answers = await Promise.all(Object.values(stage.system.health).map((url) => fetch(url)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('a good request is served, and the audit holds exactly what has happened', async () => {
    using value = await billing.decrypt(kept, { requestId: 'at-last' });
    expect(value.text()).toBe('value');
    const entries = await stage.entriesThrough('at-last');
    const told = entries.filter(({ action }) => !ofIdentity.has(action)).toReversed();
    expect(told.map(({ action, reference, code }) => [action, reference, code])).toEqual([
      ['create', null, null],
      ['create', kept, null],
      ['create', 'tenant.acme.openai.gone', null],
      ['revoke', 'tenant.acme.openai.gone', null],
      ['access_denied', 'tenant.acme.openai.fresh', 'principal.not_permitted'],
      ['access_denied', 'tenant.acme.openai.fresh', 'principal.not_permitted'],
      ['access_denied', 'tenant.acme.openai.unknown', 'secret.not_found'],
      ['access_denied', 'tenant.nowhere.openai.unknown', 'workspace.not_found'],
      ['access_denied', 'tenant.acme.openai.gone', 'secret.revoked'],
      ['decrypt', kept, null],
    ]);
  });
});
