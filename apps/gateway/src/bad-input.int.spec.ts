/** What the gateway says to what it must not take. */
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { LIMITS } from '@keytrail/contracts';
import { mintApiToken } from '@keytrail/crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  canary,
  expectProblem,
  reference,
  secret,
  startStage,
  token,
  type Sent,
  type Stage,
} from './gateway.fixture.js';
import { SERVICE_PRINCIPAL } from './story.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage?.close());

describe('a caller without the token', () => {
  it.each([
    { what: 'no token', authorization: '', code: 'auth.missing' },
    { what: 'another scheme', authorization: `Basic ${token}`, code: 'auth.missing' },
    { what: 'something that is no token', authorization: `Bearer ${canary}`, code: 'auth.invalid' },
    { what: "somebody else's token", authorization: `Bearer ${mintApiToken().token}`, code: 'auth.invalid' },
  ] as const)('with $what is refused before the body is read', async ({ authorization, code }) => {
    const answer = await stage.ask('POST', '/api/v1/secrets', { headers: { authorization }, body: '{ broken' });
    expectProblem(answer, 401, code);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
  });

  it.each(['token', 'access_token'])('and one with a %s in the URL too', async (name) => {
    const answer = await stage.ask('GET', `/api/v1/audit/events?${name}=${canary}`, { headers: { authorization: '' } });
    expectProblem(answer, 400, 'request.malformed');
  });
});

const body = (content: string | Buffer | object): Sent => ({ body: content });
const inBody = (name: string): [string, string, Sent] => [
  'POST',
  '/api/v1/secrets',
  body({ reference: name, value: { text: canary } }),
];
const inPath = (name: string): [string, string, Sent] => ['GET', `/api/v1/secrets/${name}`, {}];
const withHeader = (headers: Record<string, string>): [string, string, Sent] => [
  'POST',
  `/api/v1/secrets/${reference}/revoke`,
  { headers },
];
const events = (query: string): [string, string, Sent] => ['GET', `/api/v1/audit/events?${query}`, {}];
const create = (content: string | Buffer | object): [string, string, Sent] => [
  'POST',
  '/api/v1/secrets',
  body(content),
];

const settings = { intervalSeconds: 3_600, handler: { type: 'random', value: { length: 32, alphabet: 'abcdef' } } };
const policy = (content?: object, headers: Record<string, string> = {}): [string, string, Sent] => [
  content === undefined ? 'DELETE' : 'PUT',
  `/api/v1/rotation/policies/${reference}`,
  content === undefined ? { headers } : { body: content, headers },
];
const madeOf = (value: object): object => ({ ...settings, handler: { type: 'random', value } });
const rotate = (content: object): [string, string, Sent] => [
  'POST',
  `/api/v1/secrets/${reference}/rotate`,
  body(content),
];
const get = (path: string): [string, string, Sent] => ['GET', `/api/v1/${path}`, {}];
const post = (path: string, content: object): [string, string, Sent] => ['POST', `/api/v1/${path}`, body(content)];
const replay = (path: string, sent: Sent = {}): [string, string, Sent] => [
  'POST',
  `/api/v1/parked/${path}/replay`,
  sent,
];

const badReferences = [
  'tenant..openai.key',
  'tenant.Acme.openai.key',
  'tenant.*.openai.key',
  'tenant.acme.>',
  '..',
  `tenant.acme.openai.${'k'.repeat(300)}`,
];

describe('bad input', () => {
  it.each<[string, string, Sent]>([
    ...badReferences.map(inBody),
    ...badReferences.filter((name) => name !== '..').map((name) => inPath(encodeURIComponent(name))),
    inBody('tenant.acme.openai.k\0'),
    inBody('tenant.acme.openai.\ud800'),
    inPath('%2E%2E'),
    inPath('tenant.acme.openai.k%00'),
    inPath('tenant.acme.openai.%ED%A0%80'),
    inPath('tenant%252Eacme.openai.key'),
    inPath('%zz'),
    inPath('k'.repeat(2_000)),
    create('{ broken'),
    create(''),
    create('[]'),
    create('"text"'),
    create(Buffer.from([0x22, 0xff, 0x22])),
    create('['.repeat(200) + ']'.repeat(200)),
    create(`{"reference":"${reference}","reference":"${reference}","value":{"text":"${canary}"}}`),
    create(`{"reference":"${reference}","value":{"text":"${canary}"},"__proto__":{"a":1}}`),
    create(`{"reference":"${reference}","value":{"text":"${canary}","constructor":{}}}`),
    create({ ...secret(), [canary]: 1 }),
    create({ ...secret(), value: canary }),
    create({ ...secret(), value: { text: canary, base64: 'AAAA' } }),
    create({ ...secret(), value: { text: 7 } }),
    create({ ...secret(), value: { base64: 'A' } }),
    create(secret({ text: `${canary}\0` })),
    create(secret({ text: `${canary}\ud800` })),
    create(secret({ text: '' })),
    create(secret({ base64: '' })),
    [
      'POST',
      '/api/v1/secrets',
      { ...body('reference=x'), headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    ],
    ['POST', '/api/v1/secrets', { ...body('{}'), headers: { 'content-type': canary } }],
    withHeader({ 'idempotency-key': `${canary} !` }),
    withHeader({ 'if-match': '*' }),
    withHeader({ 'if-match': 'W/"7"' }),
    withHeader({ 'if-match': '"7", "8"' }),
    ...['limit=0', 'limit=1001', 'limit=5e1', 'limit=%205', 'limit=-1', 'limit=', 'limit=1&limit=2'].map(events),
    ...['outcome=maybe', 'from=yesterday', 'cursor=!', 'workspace=*', `unknown=${canary}`, '__proto__=1'].map(events),
    policy({}),
    policy({ ...settings, reference }),
    policy({ ...settings, intervalSeconds: '3600' }),
    policy({ ...settings, intervalSeconds: 59 }),
    policy({ ...settings, intervalSeconds: 1e300 }),
    policy({ ...settings, intervalSeconds: 60.5 }),
    policy({ ...settings, notifyBeforeSeconds: -1 }),
    policy({ ...settings, nextRotationAt: '2026-02-31T00:00:00.000Z' }),
    policy({ ...settings, handler: { type: 'lambda' } }),
    policy({ ...settings, [canary]: true }),
    policy(madeOf({ length: 8, alphabet: '0123456789' })),
    policy(madeOf({ length: 32, alphabet: 'abca' })),
    policy(madeOf({ length: 2_000_000_000, alphabet: 'abcdef' })),
    policy(madeOf({ length: 32, alphabet: `abc\u00e9` })),
    policy(settings, { 'if-match': 'W/"7"' }),
    policy(undefined, { 'if-match': '"x"' }),
    policy(undefined, { 'idempotency-key': `${canary} !` }),
    ['DELETE', `/api/v1/rotation/policies/${reference}`, body({ reference })],
    ['DELETE', `/api/v1/rotation/policies/${reference}`, { ...body('x'), headers: { 'content-type': 'text/plain' } }],
    ['DELETE', '/api/v1/rotation/policies/tenant.*.openai.key', {}],
    ['PUT', '/api/v1/rotation/policies/tenant.acme.>', body(settings)],
    rotate({ handler: 'random' }),
    rotate({ handler: { ...settings.handler, script: canary } }),
    rotate({ reference }),
    ...['policies', 'due', 'runs'].map((list) => get(`rotation/${list}?limit=0`)),
    ...['policies', 'due', 'runs'].map((list) => get(`rotation/${list}?unknown=${canary}`)),
    ...['limit=99999999999999999999', 'workspace=Acme', 'cursor=%00', 'workspace=acme&workspace=globex'].map((query) =>
      get(`rotation/policies?${query}`),
    ),
    get('rotation/runs?status=done'),
    get('rotation/runs?reference=tenant.acme.openai'),
    get('rotation/runs/1'),
    get(`rotation/runs/${canary}`),
    get('rotation/runs/019CAE6B-6600-7A51-9C3E-4B7D2F8E6A10'),
    get('rotation/runs/019cae6b-6600-4a51-9c3e-4b7d2f8e6a10'),
    get('findings/%E2%80%AE'),
    get('findings?rule=any'),
    get('findings?limit=1e3'),
    get('security/summary?limit=1001'),
    get('security/summary?reference=x'),
    get('access/principals?kind=robot'),
    get('access/principals?limit=0'),
    get('access/principals/Nobody'),
    get(`access/principals/${canary}`),
    get(`access/principals/${SERVICE_PRINCIPAL}?workspace=acme`),
    get('access/tokens'),
    get('access/tokens?principal=*'),
    post('access/principals', {}),
    post('access/principals', { kind: 'service', displayName: `x\u202e${canary}` }),
    post('access/principals', {
      kind: 'service',
      displayName: 'x',
      roles: [{ role: 'gateway', workspace: '_system' }],
    }),
    post('access/principals', { kind: 'service', displayName: 'x', principal: SERVICE_PRINCIPAL }),
    post('access/principals', { kind: 'user', displayName: 'x', outsideName: { issuer: 'file:///x', subject: 'x' } }),
    post(`access/principals/${SERVICE_PRINCIPAL}/roles`, { role: 'backend', workspace: '_system' }),
    post(`access/principals/${SERVICE_PRINCIPAL}/roles`, { role: 'service', workspace: '*' }),
    post(`access/principals/${SERVICE_PRINCIPAL}/roles`, { role: 'service', workspace: 'acme', principal: canary }),
    post(`access/principals/victim.secret/suspend`, {}),
    post(`access/principals/${SERVICE_PRINCIPAL}/suspend`, { reason: '' }),
    ['DELETE', `/api/v1/access/principals/${SERVICE_PRINCIPAL}/roles/service`, {}],
    ['DELETE', `/api/v1/access/principals/${SERVICE_PRINCIPAL}/roles/gateway?workspace=acme`, {}],
    post('access/tokens', { principal: SERVICE_PRINCIPAL, scopes: [] }),
    post('access/tokens', { principal: SERVICE_PRINCIPAL, scopes: ['*.*'] }),
    post('access/tokens', { principal: SERVICE_PRINCIPAL, expiresAt: 'never' }),
    post('access/tokens/x/revoke', {}),
    post(`access/tokens/${SERVICE_PRINCIPAL}/revoke`, { tokenId: canary }),
    get('sealing-key?workspace=acme'),
    get('parked'),
    get('parked?reader=vault'),
    get('parked?reader=audit&service=gateway'),
    get('parked?reader=audit&cursor=vault'),
    replay('vault/vault/1'),
    replay('audit/gateway/1'),
    ...['0', '-1', '1.5', '1e3', '0x10', '%201', 'x', '9007199254740993', '9'.repeat(40)].map((ordinal) =>
      replay(`audit/vault/${ordinal}`),
    ),
    replay('audit/vault/1', body({})),
  ])('%s %s %j is answered 400', async (method, path, sent) => {
    stage.arrived = null;
    expectProblem(await stage.ask(method, path, sent), 400, 'request.malformed');
    expect(stage.arrived).toBeNull();
  });

  it.each([
    ['a value of 65,537 bytes', secret({ text: 'x'.repeat(65_537) })],
    ['a value of 65,537 bytes in base64', secret({ base64: Buffer.alloc(65_537).toString('base64') })],
    ['a value of 65,537 bytes in wide characters', secret({ text: `x${'\u00e9'.repeat(32_768)}` })],
    ['a body beyond the limit', `"${'x'.repeat(LIMITS.requestBytes)}"`],
  ])('%s is too large', async (_what, sent) => {
    expectProblem(await stage.ask('POST', '/api/v1/secrets', { body: sent }), 413, 'request.too_large');
  });

  it('does not include a value of 65,536 bytes', async () => {
    for (const value of [{ text: '\u00e9'.repeat(32_768) }, { base64: Buffer.alloc(65_536).toString('base64') }])
      expect(await stage.ask('POST', '/api/v1/secrets', { body: secret(value) })).toMatchObject({ status: 201 });
  });

  it.each([
    ['GET', '/'],
    ['GET', `/${canary}`],
    ['PATCH', `/api/v1/secrets/${reference}`],
    ['GET', '/api/v1/workspaces'],
    ['DELETE', '/api/v1/workspaces/acme'],
    ['PUT', '/api/v1/workspaces/acme'],
    ['PUT', '/api/v1/secrets'],
    ['PATCH', `/api/v1/rotation/policies/${reference}`],
    ['POST', `/api/v1/rotation/policies/${reference}`],
    ['DELETE', '/api/v1/rotation/policies'],
    ['DELETE', '/api/v1/parked/audit/vault/1'],
    ['GET', '/api/v1/parked/audit/vault/1/replay'],
    ['OPTIONS', '/api/v1/findings'],
    ['GET', '/api/v1/secrets/../secrets'],
    ['POST', `/api/v1/secrets/${reference}/decrypt`],
  ])('%s %s is no operation', async (method, path) => {
    expectProblem(await stage.ask(method, path, method === 'POST' ? body('{}') : {}), 404, 'request.unknown_operation');
  });

  it.each([
    { what: 'no HTTP at all', sent: `${canary}\r\n\r\n`, status: 400, code: 'request.malformed' },
    {
      what: 'headers without end',
      sent: `GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(20_000)}`,
      status: 413,
      code: 'request.too_large',
    },
    {
      what: 'two lengths',
      sent: 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx',
      status: 400,
      code: 'request.malformed',
    },
  ])('$what is answered too', async ({ sent, status, code }) => {
    const socket = net.connect(Number(new URL(stage.gateway.url).port), '127.0.0.1', () => socket.write(sent));
    const [head, content = ''] = (await text(socket)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} .*content-type: application/problem\\+json`, 's'));
    expect(JSON.parse(content)).toMatchObject({ status, code });
    expect(content).not.toContain(canary);
  });

  it('has not brought the gateway down, and stands in no log', async () => {
    expect(await stage.ask('GET', '/health/live')).toMatchObject({ status: 200, json: { status: 'live' } });
    const lines = stage.logged.join('');
    expect(lines).toContain('"operation":"createSecret"');
    expect(lines).not.toContain(canary);
    expect(lines).not.toContain(token);
  });
});
