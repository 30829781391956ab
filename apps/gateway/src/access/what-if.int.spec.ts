/** What another policy would change, over HTTP: told while it is found, to whoever is still there. */
import { once } from 'node:events';
import http from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { rpcError, type Code, type RpcReply } from '@keytrail/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ANSWERS, permitting, whatIfPage } from '../answers.fixture.js';
import { expectProblem, startStage, token, type Stage } from '../gateway.fixture.js';
import { whatIfChange, whatIfSummary } from './access.story.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
beforeEach(() => {
  stage.answers = { ...ANSWERS };
  stage.decide = permitting;
  stage.decisions.length = 0;
});
afterAll(() => stage?.close());

const url = '/api/v1/access/what-if';
const policy = { name: 'no-nights', source: 'forbid (principal, action, resource);', days: 30 };
const body = { ...policy, workspace: 'acme' };

/** The response as soon as it begins. */
async function open(of?: string): Promise<http.IncomingMessage> {
  const [response] = (await once(send(of), 'response')) as [http.IncomingMessage];
  return response;
}

function send(of = stage.gateway.url): http.ClientRequest {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'x-request-id': 'what-if-1' };
  const request = http.request(of + url, { method: 'POST', headers });
  return request.end(JSON.stringify(body));
}

const linesIn = (answer: string): readonly Record<string, unknown>[] =>
  answer
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const pageOf = (page: object): RpcReply => ({ ok: true, value: { ...whatIfPage, ...page } });
const refusal = (code: Code): RpcReply => ({ ok: false, error: rpcError(code, 'for a reason of its own') });

/** Answers from now on with these pages; the last again and again. Returns what is asked. */
function answerWith(...pages: readonly (() => RpcReply | Promise<RpcReply>)[]): unknown[] {
  const asked: unknown[] = [];
  stage.answers['access.what_if'] = async (question) => {
    asked.push(question);
    return pages[Math.min(asked.length, pages.length) - 1]!();
  };
  return asked;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(5);
}

describe('an answer in lines', () => {
  it('has the changes of each page, and ends with what they sum up to', async () => {
    const pages = [
      pageOf({ nextCursor: 'second' }),
      pageOf({ changes: [], nextCursor: 'third' }),
      pageOf({ examined: 3 }),
    ];
    const asked = answerWith(...pages.map((page) => () => page));
    const answer = await stage.ask('POST', url, { body });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
    expect(linesIn(answer.text)).toEqual([
      { change: whatIfChange },
      { change: whatIfChange },
      { summary: { ...whatIfSummary, examined: 259, changes: 2, newlyDenied: 62 } },
    ]);
    expect(asked).toEqual([policy, { ...policy, cursor: 'second' }, { ...policy, cursor: 'third' }]);
    expect(stage.arrived?.request).toMatchObject({
      address: { service: 'audit', workspace: 'acme', aggregate: 'access', verb: 'what_if' },
    });
    const decided = { permission: 'access.what_if' };
    expect(stage.decisions.map((decision) => decision.body)).toEqual([decided, decided, decided]);
  });

  it('is sent while it is made', async () => {
    const found = Promise.withResolvers<void>();
    answerWith(
      () => pageOf({ nextCursor: 'second' }),
      async () => (await found.promise, pageOf({})),
    );
    const response = await open();
    const lines = createInterface({ input: response })[Symbol.asyncIterator]();
    // Nothing of the second page is known yet.
    expect(JSON.parse((await lines.next()).value as string)).toEqual({ change: whatIfChange });
    found.resolve();
    expect(JSON.parse((await lines.next()).value as string)).toEqual({ change: whatIfChange });
    expect(JSON.parse((await lines.next()).value as string)).toHaveProperty('summary.changes', 2);
    expect((await lines.next()).done).toBe(true);
  });

  it('gives each page more time than other questions have', async () => {
    await stage.ask('POST', url, { body });
    const left = stage.arrived!.request.deadlineMs - Date.now();
    expect(left).toBeGreaterThan(5_000);
    expect(left).toBeLessThanOrEqual(10_000);
  });

  it('waits for whoever reads slowly, and stops after a hundred pages', async () => {
    const large = { ...whatIfChange, decidedBy: ['x'.repeat(250_000)] };
    const asked = answerWith(() => pageOf({ changes: [large], nextCursor: 'more' }));
    const response = await open();
    let before = 0;
    while (before < asked.length) {
      before = asked.length;
      await sleep(500);
    }
    // What was asked for has found its place between here and there.
    expect(asked.length).toBeLessThan(80);
    const lines = linesIn(await text(response));
    expect(asked).toHaveLength(100);
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toMatchObject({ summary: { changes: 100, examined: 12_800, truncated: true } });
  });
});

describe('a refusal', () => {
  it('of the first page is the answer', async () => {
    const issues = [{ path: 'source.0', message: 'permits anything' }];
    answerWith(() => ({ ok: false, error: rpcError('policy.invalid', 'the policy cannot be published', issues) }));
    const answer = await stage.ask('POST', url, { body });
    expectProblem(answer, 422, 'policy.invalid');
    expect(answer.json['issues']).toEqual(issues);
  });

  it('of a later page is the last line', async () => {
    answerWith(
      () => pageOf({ nextCursor: 'second' }),
      () => refusal('journal.unavailable'),
    );
    const response = await open();
    expect(response.statusCode).toBe(200);
    const lines = linesIn(await text(response));
    expect(lines).toEqual([
      { change: whatIfChange },
      {
        problem: {
          type: 'urn:keytrail:problem:journal.unavailable',
          title: 'Service Unavailable',
          status: 503,
          detail: 'for a reason of its own',
          instance: 'urn:keytrail:request:what-if-1',
          code: 'journal.unavailable',
          requestId: 'what-if-1',
        },
      },
    ]);
  });

  it('by the vault ends it too: what was permitted a page ago may not be by now', async () => {
    const asked = answerWith(() => {
      stage.decide = () => refusal('access.denied');
      return pageOf({ nextCursor: 'more' });
    });
    const [first, last, ...more] = linesIn((await stage.ask('POST', url, { body })).text);
    expect([first, last, more]).toEqual([
      { change: whatIfChange },
      { problem: expect.objectContaining({ code: 'access.denied', status: 403 }) },
      [],
    ]);
    expect(asked).toHaveLength(1);
  });

  it('that nobody has foreseen is logged, and says no more than that', async () => {
    answerWith(
      () => pageOf({ nextCursor: 'second' }),
      () => pageOf({ changes: [{ ...whatIfChange, value: 'sk-canary' }] }),
    );
    const lines = linesIn(await text(await open()));
    expect(lines.at(-1)).toMatchObject({ problem: { code: 'internal', status: 500 } });
    expect(JSON.stringify(lines)).not.toContain('sk-canary');
    const logged = stage.logged.filter((line) => line.includes('a request failed'));
    expect(logged.join('')).toContain('whatIf had an answer that is not as declared');
    expect(logged.join('')).toContain('"requestId":"what-if-1"');
  });
});

describe('a stream that nobody will read to its end', () => {
  it('ends when its reader goes away', async () => {
    const held = Promise.withResolvers<void>();
    const asked = answerWith(
      () => pageOf({ nextCursor: 'second' }),
      async () => (await held.promise, pageOf({ nextCursor: 'more' })),
    );
    const response = await open();
    await once(response, 'data');
    await until(() => asked.length === 2);
    response.destroy();
    await sleep(200);
    held.resolve();
    // Were it not over, the next page would be asked for at once.
    await sleep(300);
    expect(asked).toHaveLength(2);
    expect(await stage.ask('GET', '/health/live')).toMatchObject({ status: 200 });
  });

  it('does not begin where its reader has gone before the first page', async () => {
    const held = Promise.withResolvers<void>();
    const asked = answerWith(async () => (await held.promise, pageOf({ nextCursor: 'more' })));
    const request = send();
    request.on('error', () => {});
    await until(() => asked.length === 1);
    request.destroy();
    await sleep(200);
    held.resolve();
    await sleep(300);
    expect(asked).toHaveLength(1);
    expect(await stage.ask('GET', '/health/live')).toMatchObject({ status: 200 });
  });

  it('is cut off when the gateway closes', async () => {
    const held = Promise.withResolvers<void>();
    const asked = answerWith(
      () => pageOf({ nextCursor: 'second' }),
      async () => (await held.promise, pageOf({ nextCursor: 'more' })),
    );
    const second = await stage.startAnother();
    const response = await open(second.url);
    await until(() => asked.length === 2);
    const answer = text(response).catch(() => 'cut off');
    await second.close();
    expect(await answer).toBe('cut off');
    held.resolve();
  });
});
