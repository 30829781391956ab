/** What of a process's spans reaches the collector. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startOtlpReceiver, type OtlpReceiver } from '@keytrail/testing';
import { context, diag, propagation, ROOT_CONTEXT, SpanKind, trace, type Context } from '@opentelemetry/api';
import { createLog } from './log.js';
import { startTracing, type Tracing } from './tracing.js';

let receiver: OtlpReceiver;
let tracing: Tracing;
const logged: string[] = [];
const log = createLog('vault', { write: (line) => void logged.push(line) });

function start(sampleRatio = 1): void {
  tracing = startTracing({ service: 'vault', url: receiver.url, sampleRatio, log });
}

beforeEach(async () => {
  logged.length = 0;
  receiver = await startOtlpReceiver();
});
afterEach(async () => {
  await tracing.stop();
  await receiver.stop();
  for (const api of [trace, context, propagation, diag]) api.disable();
});

const tracer = (): ReturnType<typeof trace.getTracer> => trace.getTracer('test');
const parentOf = (traceparent: string): Context => propagation.extract(ROOT_CONTEXT, { traceparent });

describe('a process that traces', () => {
  it('sends its spans with their names, parents and service, down to the last', async () => {
    start();
    await tracer().startActiveSpan('outer', { kind: SpanKind.SERVER }, async (outer) => {
      await Promise.resolve();
      tracer()
        .startSpan('inner', { kind: SpanKind.CLIENT, attributes: { 'db.system.name': 'postgresql' } })
        .end();
      outer.end();
    });
    await tracing.stop();
    const [inner, outer] = receiver.spans;
    expect(receiver.spans).toHaveLength(2);
    expect(outer).toMatchObject({ service: 'vault', name: 'outer', kind: 'server', parentId: null, failed: false });
    expect(inner).toMatchObject({
      name: 'inner',
      kind: 'client',
      traceId: outer?.traceId,
      parentId: outer?.spanId,
      attributes: { 'db.system.name': 'postgresql' },
    });
    expect(logged).toEqual([]);
  });

  it('sends more spans than fit in one request', async () => {
    start();
    for (let i = 0; i < 1_500; i++) tracer().startSpan('one of many').end();
    await tracing.stop();
    expect(new Set(receiver.spans.map(({ spanId }) => spanId)).size).toBe(1_500);
  });

  it('goes on with the traces of callers as the callers decided', async () => {
    start();
    const [recorded, unrecorded] = ['1', '2'].map((digit) => digit.repeat(32));
    tracer()
      .startSpan('recorded', {}, parentOf(`00-${recorded}-${'a'.repeat(16)}-01`))
      .end();
    const silent = tracer().startSpan('silent', {}, parentOf(`00-${unrecorded}-${'a'.repeat(16)}-00`));
    silent.end();
    await tracing.stop();
    expect(receiver.spans).toMatchObject([{ name: 'recorded', traceId: recorded, parentId: 'a'.repeat(16) }]);
    expect(silent.spanContext()).toMatchObject({ traceId: unrecorded, traceFlags: 0 });
  });

  it('records no trace of its own where the ratio is 0', async () => {
    start(0);
    tracer().startSpan('of its own').end();
    tracer()
      .startSpan('of a caller', {}, parentOf(`00-${'3'.repeat(32)}-${'a'.repeat(16)}-01`))
      .end();
    await tracing.stop();
    expect(receiver.spans.map(({ name }) => name)).toEqual(['of a caller']);
  });

  it('writes the trace and the span into each line that is logged in one', () => {
    start();
    const of = tracer().startActiveSpan('request', (span) => {
      log.info({ requestId: 'r1' }, 'inside');
      span.end();
      return span.spanContext();
    });
    log.info('outside');
    const [inside, outside] = logged.map((line) => JSON.parse(line) as object);
    expect(inside).toMatchObject({ requestId: 'r1', traceId: of.traceId, spanId: of.spanId });
    expect(outside).not.toHaveProperty('traceId');
  });
});
