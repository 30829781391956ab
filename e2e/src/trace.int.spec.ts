/** An operator follows one request through every process, and no trace says what it must not. */
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KeytrailClient } from '@keytrail/client';
import { canarySecret, findCanary, startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from '@keytrail/testing';
import { closeStage, openStage, refusalOf, until, type Stage } from './stage.fixture.js';

const reference = 'tenant.acme.openai.traced';
const value = canarySecret('openai', 'trace');
const callersSpan = 'c'.repeat(16);
const traceparentOf = (traceId: string): string => `00-${traceId}-${callersSpan}-01`;

let receiver: OtlpReceiver;
let stage: Stage;
let billing: KeytrailClient;
beforeAll(async () => {
  receiver = await startOtlpReceiver();
  stage = await openStage({ otlpUrl: receiver.url });
  billing = await stage.caller('billing');
  await stage.ask('POST', '/workspaces', { body: { slug: 'acme' } });
});
afterAll(async () => {
  await closeStage();
  await receiver.stop();
});

/** Other readers of the bus have spans in a trace too, as soon as they care to read. */
const onTheWay = new Set(['gateway', 'vault', 'audit']);

/** The spans of a trace on the way from the edge to the audit, once there are `count`. */
const spansOf = (traceId: string, count: number): Promise<readonly ReceivedSpan[]> =>
  until(
    () => receiver.spans.filter((span) => span.traceId === traceId && onTheWay.has(span.service)),
    ({ length }) => length >= count,
  );

/** Each span with the one it came from, as `service: kind name`, from the first on; `caller` is outside. */
function pathsOf(spans: readonly ReceivedSpan[]): readonly string[] {
  const nameOf = ({ service, kind, name }: ReceivedSpan): string => `${service}: ${kind} ${name}`;
  const parentOf = ({ parentId }: ReceivedSpan): string => {
    const parent = spans.find(({ spanId }) => spanId === parentId);
    if (parent) return nameOf(parent);
    return parentId === null ? 'nobody' : parentId === callersSpan ? 'the caller' : `unknown ${parentId}`;
  };
  return spans.map((span) => `${parentOf(span)} -> ${nameOf(span)}`).toSorted();
}

describe('a trace', () => {
  it('follows a secret that is stored from HTTP to the audit, and stands in its entry and in the logs', async () => {
    const traceId = '1'.repeat(32);
    await stage.ask('POST', '/secrets', {
      body: { reference, value: { text: value } },
      headers: { traceparent: traceparentOf(traceId), 'x-request-id': 'traced-store' },
    });
    const entries = await stage.entriesThrough('traced-store');
    expect(entries).toContainEqual(expect.objectContaining({ requestId: 'traced-store', traceId }));
    expect(pathsOf(await spansOf(traceId, 6))).toEqual([
      'gateway: client rpc vault secret.create -> vault: server rpc vault secret.create',
      'gateway: server POST /api/v1/secrets -> gateway: client rpc vault secret.create',
      'the caller -> gateway: server POST /api/v1/secrets',
      'vault: client journal append -> vault: producer publish VAULT',
      'vault: producer publish VAULT -> audit: consumer project audit',
      'vault: server rpc vault secret.create -> vault: client journal append',
    ]);
    const log = fs.readFileSync(path.join(stage.system.logs, 'gateway.log'), 'utf8').trimEnd().split('\n');
    const lines = log.map((line) => JSON.parse(line) as Record<string, unknown>);
    const edge = receiver.spans.find((span) => span.traceId === traceId && span.parentId === callersSpan);
    expect(lines.filter(({ requestId }) => requestId === 'traced-store')).toMatchObject([
      { message: 'request', traceId, spanId: edge?.spanId },
    ]);
  });

  it('holds together where the body comes long after the headers', async () => {
    const traceId = '7'.repeat(32);
    const request = http.request(`${stage.system.gatewayUrl}/api/v1/workspaces`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${stage.system.adminToken}`,
        'content-type': 'application/json',
        expect: '100-continue',
        traceparent: traceparentOf(traceId),
      },
    });
    request.flushHeaders();
    await once(request, 'continue');
    request.end(JSON.stringify({ slug: 'late' }));
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(201);
    expect(pathsOf(await spansOf(traceId, 6))).toContain(
      'gateway: server POST /api/v1/workspaces -> gateway: client rpc vault workspace.create',
    );
  });

  it('begins at the edge where the caller brings none', async () => {
    await stage.ask('GET', '/secrets/tenant.acme.openai.absent', { headers: { 'x-request-id': 'untraced' } });
    const edge = await until(
      () => receiver.spans.find(({ name }) => name === 'GET /api/v1/secrets/{ref}'),
      (span) => span !== undefined,
    );
    expect(edge?.attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/api/v1/secrets/{ref}',
      'http.response.status_code': 404,
    });
    expect(pathsOf(await spansOf(edge?.traceId ?? '', 3))).toEqual([
      'gateway: client rpc vault secret.get -> vault: server rpc vault secret.get',
      'gateway: server GET /api/v1/secrets/{ref} -> gateway: client rpc vault secret.get',
      'nobody -> gateway: server GET /api/v1/secrets/{ref}',
    ]);
  });

  it('follows an access that is asked for over NATS to the audit, and a refused one too', async () => {
    const [allowed, denied] = ['2'.repeat(32), '3'.repeat(32)] as const;
    (await billing.decrypt(reference, { traceparent: traceparentOf(allowed) })).destroy();
    await refusalOf(billing.decrypt('tenant.acme.openai.absent', { traceparent: traceparentOf(denied) }));
    for (const traceId of [allowed, denied])
      expect(pathsOf(await spansOf(traceId, 4))).toEqual([
        'the caller -> vault: server rpc vault secret.decrypt',
        'vault: client journal append -> vault: producer publish VAULT',
        'vault: producer publish VAULT -> audit: consumer project audit',
        'vault: server rpc vault secret.decrypt -> vault: client journal append',
      ]);
  });

  it('is not recorded where the caller does not record it, but goes on all the same', async () => {
    const traceId = '4'.repeat(32);
    const traceparent = `00-${traceId}-${callersSpan}-00`;
    (await billing.decrypt(reference, { traceparent, requestId: 'unrecorded' })).destroy();
    const entries = await stage.entriesThrough('unrecorded');
    expect(entries).toContainEqual(expect.objectContaining({ requestId: 'unrecorded', traceId }));
    (await billing.decrypt(reference, { traceparent: traceparentOf('5'.repeat(32)) })).destroy();
    await spansOf('5'.repeat(32), 4);
    expect(receiver.spans.filter((span) => span.traceId === traceId)).toEqual([]);
  });

  it('is not recorded for a stranger, whatever they ask for', async () => {
    const [theirs, ours] = ['8'.repeat(32), '9'.repeat(32)] as const;
    const read = (traceId: string, headers = {}) =>
      stage.ask('GET', `/secrets/${reference}`, { headers: { traceparent: traceparentOf(traceId), ...headers } });
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.e30`;
    expect(await read(theirs, { authorization: `Bearer ${unsigned}` })).toMatchObject({ status: 401 });
    expect(await read(ours)).toMatchObject({ status: 200 });
    await spansOf(ours, 3);
    expect(receiver.spans.filter((span) => span.traceId === theirs)).toEqual([]);
  });
});

describe('a system that is stopped under load', () => {
  const answered: string[] = [];
  const refusals: string[] = [];
  let asked = 0;

  /** Asks until it is told that nobody is there any more. */
  async function askOn(): Promise<void> {
    while (refusals.length === 0) {
      const traceId = (0xa0000 + asked++).toString(16).padStart(32, '6');
      const options = { traceparent: traceparentOf(traceId), timeoutMs: 10_000 };
      const refusal = await refusalOf(billing.decrypt(reference, options));
      if (refusal === null) answered.push(traceId);
      else refusals.push(refusal.code);
    }
  }

  it('answers what it has taken', async () => {
    const asking = Array.from({ length: 16 }, askOn);
    await until(
      () => answered.length,
      (count) => count > 100,
    );
    await stage.system.stop();
    await Promise.all(asking);
    expect(new Set(refusals)).toEqual(new Set(['service.unavailable']));
  });

  it('has sent every span', () => {
    const known = new Set([callersSpan, ...receiver.spans.map(({ spanId }) => spanId)]);
    expect(receiver.spans.filter(({ parentId }) => parentId !== null && !known.has(parentId))).toEqual([]);
    const tracesWith = (wanted: string): Set<string> =>
      new Set(receiver.spans.filter(({ name }) => name === wanted).map(({ traceId }) => traceId));
    for (const name of ['rpc vault secret.decrypt', 'journal append']) {
      const traces = tracesWith(name);
      expect(answered.filter((traceId) => !traces.has(traceId))).toEqual([]);
    }
  });
});

it('says neither what was asked for nor what was stored', () => {
  const sent = receiver.bodies.join('\n');
  const forbidden = [value, reference, 'tenant.acme', 'select ', 'insert '];
  expect(sent).toContain('rpc vault secret.decrypt');
  expect(
    findCanary(
      Buffer.from(sent),
      forbidden.map((text) => Buffer.from(text)),
    ),
  ).toEqual([]);
});
