/** Who gets in, with what, and what those try who should not. */
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { rpcError } from '@keytrail/contracts';
import { mintApiToken, mintPrincipal } from '@keytrail/crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Environment } from '../environment.js';
import type { Gateway } from '../gateway.js';
import { ANSWERS } from '../answers.fixture.js';
import {
  admin,
  analyst,
  asking,
  canary,
  expectProblem,
  foreign,
  narrow,
  nobody,
  reference,
  startStage,
  type Answer,
  type Stage,
} from '../gateway.fixture.js';

let stage: Stage;
const others: Gateway[] = [];
beforeAll(async () => {
  stage = await startStage();
});
beforeEach(() => {
  stage.arrived = null;
});
afterAll(async () => {
  await Promise.all(others.map((gateway) => gateway.close()));
  await stage?.close();
});

const as = (token: string, headers: object = {}) => ({ headers: { authorization: `Bearer ${token}`, ...headers } });
const me = '/api/v1/access/me';
const path = `/api/v1/secrets/${reference}`;

/** A gateway that has heard of no attempt yet. */
async function fresh(more: Partial<Environment> = {}): Promise<Stage['ask']> {
  const gateway = await stage.startAnother(more);
  others.push(gateway);
  return asking(gateway.url);
}

/** The status line and all behind it of a request that is written byte by byte. */
async function sendRaw(lines: readonly string[]): Promise<string> {
  const socket = net.connect(Number(new URL(stage.gateway.url).port), '127.0.0.1', () =>
    socket.write([...lines, 'host: x', 'connection: close', '', ''].join('\r\n'), 'latin1'),
  );
  return text(socket);
}

describe('a caller', () => {
  it.each([
    ['an API token', admin],
    ['a JWT', foreign],
    ['a token of few scopes', narrow],
    ['a token without any role', nobody],
  ])('with %s is told who it is', async (_what, { token, caller }) => {
    const { status, json } = await stage.ask('GET', me, as(token));
    expect([status, json]).toEqual([200, caller]);
  });

  it('is made known to the vault by the gateway, which says where it saw it', async () => {
    await stage.ask('GET', me, as(admin.token, { 'x-request-id': 'who-1', 'user-agent': 'curl/8' }));
    const asked = stage.authentications.at(-1);
    expect(asked).toMatchObject({ actor: stage.principal, requestId: 'who-1' });
    expect(asked?.edge).toEqual({ ip: '127.0.0.1', userAgent: 'curl/8' });
    expect(asked?.via).toBeUndefined();
  });

  it('goes on when the sessions of the gateway have ended', async () => {
    stage.door.forget();
    expect(await stage.ask('GET', path)).toMatchObject({ status: 200 });
    expect(stage.arrived?.request).toMatchObject({ actor: admin.caller.principal, via: stage.principal });
  });

  it('is not blamed where a service does not know the gateway', async () => {
    for (const code of ['auth.invalid', 'auth.session_invalid'] as const) {
      stage.answers['secret.get'] = () => ({ ok: false, error: rpcError(code, 'open a new session') });
      const answer = await stage.ask('GET', path);
      expectProblem(answer, 503, 'auth.session_invalid');
      expect(answer.headers).toMatchObject({ 'retry-after': '1' });
    }
    stage.answers = { ...ANSWERS };
  });

  it.each([
    ['its token changed by a letter', mistyped(admin.token)],
    ['a part of its token', admin.token.slice(0, -1)],
    ['the id of its token', admin.caller.tokenId!],
    ['a JWT of more than 8,192 characters', foreign.token.padEnd(8_193, 'A')],
    ['two parts of a JWT', foreign.token.split('.').slice(0, 2).join('.')],
    ['a JWT without a signature', `${foreign.token.split('.').slice(0, 2).join('.')}.`],
  ])('with %s is refused, and the vault is not asked', async (_what, token) => {
    const before = stage.authentications.length;
    const ask = await fresh();
    const answer = await ask('GET', me, as(token));
    expectProblem(answer, 401, 'auth.invalid');
    expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    expect(stage.authentications).toHaveLength(before);
  });

  it.each([
    ['a token that nobody has', mintApiToken().token],
    ['the largest JWT', foreign.token.padEnd(8_192, 'A')],
  ])('with %s is refused by the vault', async (_what, token) => {
    const before = stage.authentications.length;
    expectProblem(await (await fresh())('GET', me, as(token)), 401, 'auth.invalid');
    expect(stage.authentications).toHaveLength(before + 1);
  });
});

function mistyped(token: string): string {
  return token.slice(0, -1) + (token.endsWith('0') ? '1' : '0');
}

describe('an attacker', () => {
  it.each([
    'token=x',
    'access_token=x',
    'Access-Token=x',
    'apikey=x',
    'api_key=x',
    'API-KEY=x',
    'authorization=Bearer%20x',
    `q=${admin.token}`,
    `q=a&q=${admin.token}`,
    `cursor=${foreign.token}`,
  ])('who has a token written into the URL %s is sent away, and so is who has both', async (query) => {
    for (const authorization of ['', `Bearer ${admin.token}`]) {
      const answer = await stage.ask('GET', `/api/v1/audit/events?${query}`, { headers: { authorization } });
      expectProblem(answer, 400, 'request.malformed');
      expect(answer.json['detail']).toContain('a token in a URL ends in logs');
      expect(answer.text).not.toContain(admin.token);
    }
    expect(stage.logged.join('')).not.toContain(admin.token);
  });

  it('does not get in by Basic', async () => {
    const basic = Buffer.from(`admin:${admin.token}`).toString('base64');
    const answer = await stage.ask('GET', me, { headers: { authorization: `Basic ${basic}` } });
    expectProblem(answer, 401, 'auth.missing');
  });

  it('does not get in by a second Authorization header, first or last', async () => {
    const headers = [`authorization: Bearer ${admin.token}`, `authorization: Bearer ${nobody.token}`];
    for (const order of [headers, headers.toReversed()]) {
      const before = stage.authentications.length;
      const answer = await sendRaw([`GET ${me} HTTP/1.1`, ...order]);
      expect(answer).toMatch(/^HTTP\/1.1 400 .*send one Authorization header, not several/s);
      expect(stage.authentications).toHaveLength(before);
    }
  });

  it('does not speak for anybody else by headers of the bus', async () => {
    const forged = { ip: '203.0.113.9', tokenId: admin.caller.tokenId };
    const edge = Buffer.from(JSON.stringify(forged)).toString('base64url');
    const bus = {
      'kt-on-behalf-of': mintPrincipal(),
      'kt-edge': edge,
      'kt-session': '019c13f1-31e0-7d24-8f06-5a9c1e3b7d42',
      'kt-counter': '7',
      'kt-mac': 'x',
      'kt-command-id': 'theirs',
    };
    expect(await stage.ask('GET', path, as(analyst.token, bus))).toMatchObject({ status: 200 });
    expect(stage.arrived?.request).toMatchObject({
      actor: analyst.caller.principal,
      via: stage.principal,
      edge: { ip: '127.0.0.1', tokenId: analyst.caller.tokenId },
    });
    expect(stage.arrived?.request.commandId).not.toBe('theirs');
  });

  it.each([
    ['a bare CR', 'curl\rkt-on-behalf-of: x'],
    ['a bare LF', 'curl\nkt-on-behalf-of: x'],
    ['a NUL', 'curl\0'],
  ])('does not break out of the user agent by %s', async (_what, agent) => {
    const answer = await sendRaw([
      `GET ${path} HTTP/1.1`,
      `authorization: Bearer ${admin.token}`,
      `user-agent: ${agent}`,
    ]);
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(stage.arrived).toBeNull();
  });

  it('finds that whatever else stands in the user agent is told as it is', async () => {
    const agent = `"},"ip":"203.0.113.9 \xe9 ${'x'.repeat(600)}`;
    expect(await stage.ask('GET', path, { headers: { 'user-agent': agent } })).toMatchObject({ status: 200 });
    const { tokenId } = admin.caller;
    expect(stage.arrived?.request.edge).toEqual({ ip: '127.0.0.1', userAgent: agent.slice(0, 512), tokenId });
  });
});

describe('attempts in vain', () => {
  const wrong = () => as(mintApiToken().token);
  const statusesOf = async (times: number, attempt: () => Promise<Answer>): Promise<readonly number[]> => {
    const statuses: number[] = [];
    for (let i = 0; i < times; i++) statuses.push((await attempt()).status);
    return statuses;
  };

  it('are ten, then the address has to wait', async () => {
    const ask = await fresh();
    expect(await statusesOf(10, () => ask('GET', path, wrong()))).toEqual(Array(10).fill(401));
    const before = stage.authentications.length;
    const answer = await ask('GET', path);
    expectProblem(answer, 429, 'auth.throttled');
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(stage.authentications).toHaveLength(before);
    expect(await ask('GET', '/health/live')).toMatchObject({ status: 200 });
  });

  it('from one address lock nobody out who comes by the same proxy', async () => {
    const ask = await fresh({ KEYTRAIL_TRUSTED_PROXIES: ['127.0.0.0/8'] });
    const by = (ip: string) => ({ 'x-forwarded-for': ip });
    const flood = () => ask('GET', path, as(mintApiToken().token, by('203.0.113.1')));
    expect((await statusesOf(11, flood)).at(-1)).toBe(429);
    expect(await ask('GET', path, as(admin.token, by('203.0.113.2')))).toMatchObject({ status: 200 });
    expect(stage.arrived?.request.edge).toMatchObject({ ip: '203.0.113.2' });
  });

  it('are counted where the proxy saw them, whatever address the caller claims', async () => {
    const ask = await fresh({ KEYTRAIL_TRUSTED_PROXIES: ['127.0.0.1'] });
    let n = 0;
    const claiming = (token: string) => as(token, { 'x-forwarded-for': `198.51.100.${n++}, 203.0.113.3` });
    expect((await statusesOf(11, () => ask('GET', path, claiming(mintApiToken().token)))).at(-1)).toBe(429);
    expect(await ask('GET', path, claiming(admin.token))).toMatchObject({ status: 429 });
  });

  it('are the sender’s own where no proxy is trusted', async () => {
    const ask = await fresh();
    let n = 0;
    const claiming = (token: string) =>
      as(token, { 'x-forwarded-for': `198.51.100.${n++}`, forwarded: 'for=203.0.113.1' });
    expect(await ask('GET', path, claiming(admin.token))).toMatchObject({ status: 200 });
    expect(stage.arrived?.request.edge).toMatchObject({ ip: '127.0.0.1' });
    expect((await statusesOf(11, () => ask('GET', path, claiming(mintApiToken().token)))).at(-1)).toBe(429);
  });

  it('come from the proxy itself where it hands on what is no address', async () => {
    const ask = await fresh({ KEYTRAIL_TRUSTED_PROXIES: ['127.0.0.1'] });
    for (const claimed of ['unknown', canary, 'x'.repeat(300), '203.0.113.1:80', '']) {
      expect(await ask('GET', path, as(admin.token, { 'x-forwarded-for': claimed }))).toMatchObject({ status: 200 });
      expect(stage.arrived?.request.edge).toMatchObject({ ip: '127.0.0.1' });
    }
  });
});
