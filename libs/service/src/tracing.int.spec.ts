/**
 * The spans at the seams to the bus: what requests, publications and batches say of themselves, and of what went wrong.
 */
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Code } from '@keytrail/contracts';
import { mintConn, uuidv7 } from '@keytrail/crypto';
import type { BusEvent, RelayOptions, RpcClient } from '@keytrail/nats';
import {
  connectEvents,
  connectRpc,
  consume,
  refused,
  relay,
  rpcClient,
  RpcServer,
  serverConfiguration,
  systemIdentities,
} from '@keytrail/nats';
import { eventually, startNats, startOtlpReceiver, temporaryFolder, type ReceivedSpan } from '@keytrail/testing';
import { createLog } from './log.js';
import { startTracing } from './tracing.js';

type Stored = Awaited<ReturnType<RelayOptions['reader']['readAfter']>>[number];

const identities = systemIdentities();
const log = createLog('vault', { write: () => {} });
const closings: (() => Promise<unknown>)[] = [];
let spans: readonly ReceivedSpan[];
let url: string;
beforeAll(async () => {
  const receiver = await startOtlpReceiver();
  spans = receiver.spans;
  const tracing = startTracing({ service: 'vault', url: receiver.url, sampleRatio: 1, log });
  const folder = await temporaryFolder();
  const nats = await startNats({
    dir: folder.path,
    configuration: ({ port, storeDir }) => serverConfiguration({ port, storeDir, serverName: 'test', identities }),
  });
  url = nats.url;
  closings.push(
    () => folder.remove(),
    () => nats.stop(),
    () => receiver.stop(),
    () => tracing.stop(),
  );
});
afterAll(async () => {
  for (const close of closings.toReversed()) await close();
});

async function spansWhere(matches: (span: ReceivedSpan) => boolean, count: number): Promise<readonly ReceivedSpan[]> {
  expect(await eventually(() => spans.filter(matches).length >= count, 20_000)).toBe(true);
  return spans.filter(matches);
}

describe('the spans of a request', () => {
  let client: RpcClient;
  beforeAll(async () => {
    const asking = { principal: identities.gateway.rpc.principal, conn: mintConn() };
    const { principal, seed } = identities.vault.rpc;
    const vault = await connectRpc({ url, name: 'vault', seed, principal, conn: mintConn() });
    const gateway = await connectRpc({ url, name: 'gateway', seed: identities.gateway.rpc.seed, ...asking });
    const server = new RpcServer({
      service: 'vault',
      connection: vault,
      log,
      sessions: { find: async () => null },
      withoutSession: new Set(['secret.get', 'secret.create', 'secret.revoke']),
    });
    server.addHandler('secret.get', async () => refused('secret.not_found', 'there is none'));
    server.addHandler('secret.create', async () => {
      throw Object.assign(new Error('row (canary) is refused'), { code: 'journal.unavailable' });
    });
    server.addHandler('secret.revoke', async () => {
      throw new Error('a bug: canary');
    });
    await promisify((done: (error?: unknown) => void) => server.listen(done))();
    client = rpcClient(gateway, asking);
    closings.push(
      () => Promise.all([vault.close(), gateway.close()]),
      () => server.close(),
    );
  });

  it.each([
    ['get', 'secret.not_found', false],
    ['create', 'journal.unavailable', true],
    ['revoke', 'internal', true],
  ] as const)('say how it was answered, and whether something went wrong: %s, %s', async (...[verb, code, failed]) => {
    await client.request({ service: 'vault', workspace: 'acme', aggregate: 'secret', verb, body: { text: 'canary' } });
    const both = await spansWhere(({ name }) => name === `rpc vault secret.${verb}`, 2);
    const attributes = {
      'rpc.system.name': 'nats',
      'rpc.service': 'vault',
      'rpc.method': `secret.${verb}`,
      'rpc.response.status_code': code satisfies Code,
    };
    const of = (kind: string): ReceivedSpan | undefined => both.find((span) => span.kind === kind);
    expect(of('client')).toMatchObject({ parentId: null, failed, attributes });
    expect(of('server')).toMatchObject({ parentId: of('client')?.spanId, failed, attributes });
    expect(JSON.stringify(both)).not.toContain('canary');
  });

  it("are the caller's alone where nobody answers", async () => {
    const traceparent = `00-${'8'.repeat(32)}-${'a'.repeat(16)}-01`;
    const call = { service: 'audit', workspace: 'acme', aggregate: 'event', verb: 'list', body: {}, traceparent };
    expect(await client.request(call)).toMatchObject({ ok: false, error: { code: 'service.unavailable' } });
    expect(await spansWhere(({ name }) => name === 'rpc audit event.list', 1)).toMatchObject([
      { kind: 'client', traceId: '8'.repeat(32), parentId: 'a'.repeat(16), failed: true },
    ]);
  });
});

describe('the spans of an event', () => {
  const traceparent = `00-${'9'.repeat(32)}-${'a'.repeat(16)}-01`;
  const bodies = [{ traceparent }, {}, 'not an event', { traceparent: 7 }].map((body) => JSON.stringify(body));
  const events = [...bodies, '{"broken'].map((body, i): Stored => {
    const about = { workspace: 'acme', aggregate: 'secret', type: 'SecretCreated', time: new Date().toISOString() };
    const mark = { tx: '700', position: String(i + 1) };
    return { mark, id: uuidv7() as Stored['id'], ...about, body: Buffer.from(body), salt: null, detail: null };
  });
  const seen: BusEvent[] = [];
  let attempts = 0;

  beforeAll(async () => {
    let mark: Awaited<ReturnType<RelayOptions['marks']['load']>> | undefined;
    const vault = await connectEvents({ url, name: 'vault', seed: identities.vault.events.seed });
    const audit = await connectEvents({ url, name: 'audit', seed: identities.audit.events.seed });
    const copying = relay({
      service: 'vault',
      connection: vault,
      log,
      reader: { readAfter: async ({ position }, limit) => events.slice(Number(position), Number(position) + limit) },
      marks: {
        load: async () => mark ?? { tx: '0', position: '0', ordinal: 0, eventId: null, time: null },
        save: async (next) => void (mark = next),
        lead: (run, signal) => run(signal),
      },
    });
    const reading = consume({
      service: 'vault',
      reader: 'audit',
      connection: audit,
      log,
      lastOrdinal: async () => seen.length,
      handle: async (batch) => {
        if (attempts++ === 0) throw new Error('canary');
        seen.push(...batch);
      },
    });
    closings.push(
      () => Promise.all([vault.close(), audit.close()]),
      () => Promise.all([copying.stop(), reading.stop()]),
    );
  });

  it('go on with its own trace, and say when a batch had to be tried again', async () => {
    const [first, again] = await spansWhere(({ name }) => name === 'project audit', 2);
    const [published] = await spansWhere(({ name }) => name === 'publish VAULT', 1);
    const messaging = { 'messaging.system': 'nats', 'messaging.destination.name': 'VAULT' };
    const of = { traceId: '9'.repeat(32), attributes: messaging };
    expect(published).toMatchObject({ ...of, kind: 'producer', parentId: 'a'.repeat(16), failed: false });
    expect(first).toMatchObject({ ...of, kind: 'consumer', parentId: published?.spanId, failed: true });
    expect(again).toMatchObject({ ...of, kind: 'consumer', parentId: published?.spanId, failed: false });
    expect(JSON.stringify(spans)).not.toContain('canary');
  });

  it('are not made for one that belongs to no trace, and it arrives all the same', async () => {
    expect(await eventually(() => seen.length === events.length, 20_000)).toBe(true);
    expect(seen.map(({ traceparent: carried }) => carried !== undefined)).toEqual([true, false, false, false, false]);
    expect(spans.filter(({ name }) => name === 'publish VAULT')).toHaveLength(1);
  });
});
