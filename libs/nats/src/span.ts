/**
 * Spans at the seams of this room (OpenTelemetry): none is made, and nothing extra is done, unless the process has an
 * SDK.
 */
import type { RpcReply } from '@keytrail/contracts';
import type { StoredEvent } from '@keytrail/eventsourcing';
import type { Attributes, Context, Span, SpanOptions } from '@opentelemetry/api';
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

const tracer = trace.getTracer('@keytrail/nats');
const failed = { code: SpanStatusCode.ERROR } as const;

const isTracing = (): boolean => propagation.fields().length > 0;

/** A request on its side of the wire; names and codes only, for nothing that a caller says may stand in a trace. */
export interface RpcSpan {
  readonly kind: SpanKind.CLIENT | SpanKind.SERVER;
  readonly service: string;
  /** `<aggregate>.<verb>` */
  readonly operation: string;
  /** The parent; of a client only where no span is active. */
  readonly traceparent: string | undefined;
}

/**
 * Runs `ask` as a span. A refusal by the rules is an answer like any other; only what went wrong makes an error of it.
 */
export function inRpcSpan<T>(of: RpcSpan, ask: () => Promise<RpcReply<T>>): Promise<RpcReply<T>> {
  if (!isTracing()) return ask();
  const { kind, service, operation, traceparent } = of;
  const attributes = { 'rpc.system.name': 'nats', 'rpc.service': service, 'rpc.method': operation };
  const goesOn = kind === SpanKind.CLIENT && trace.getActiveSpan() !== undefined;
  const parent = goesOn ? context.active() : contextOf(traceparent);
  return inSpan({ name: `rpc ${service} ${operation}`, kind, attributes, parent }, async (span) => {
    const reply = await ask();
    span.setAttribute('rpc.response.status_code', reply.ok ? 'ok' : reply.error.code);
    if (!reply.ok && (reply.error.retryable || reply.error.code === 'internal')) span.setStatus(failed);
    return reply;
  });
}

/** Publishes an event as a span of the trace that it belongs to; without one it is just published. */
export function inPublishSpan<T>(stream: string, { body }: StoredEvent, publish: () => T | Promise<T>): T | Promise<T> {
  const traceparent = isTracing() ? traceparentIn(body) : undefined;
  if (traceparent === undefined) return publish();
  const attributes = messaging(stream, 'send');
  const parent = contextOf(traceparent);
  return inSpan({ name: `publish ${stream}`, kind: SpanKind.PRODUCER, attributes, parent }, async () => publish());
}

/** Handles a batch, with a span for each of its events that has come with a trace. */
export async function inHandlingSpans(
  { reader, stream }: { readonly reader: string; readonly stream: string },
  events: readonly { readonly traceparent?: string }[],
  handle: () => Promise<void>,
): Promise<void> {
  if (!isTracing()) return handle();
  const options = { kind: SpanKind.CONSUMER, attributes: messaging(stream, 'process') };
  const spans = events
    .filter(({ traceparent }) => traceparent !== undefined)
    .map(({ traceparent }) => tracer.startSpan(`project ${reader}`, options, contextOf(traceparent)));
  try {
    await handle();
  } catch (error) {
    for (const span of spans) span.setStatus(failed);
    throw error;
  } finally {
    for (const span of spans) span.end();
  }
}

/** What those who continue the active trace are told; undefined where there is none. */
export function activeTraceparent(): string | undefined {
  if (!isTracing()) return undefined;
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}

interface SpanFacts extends SpanOptions {
  readonly name: string;
  readonly attributes: Attributes;
  readonly parent: Context;
}

/** Of an error nothing is kept: its text may quote what no trace may hold. */
async function inSpan<T>({ name, parent, ...options }: SpanFacts, run: (span: Span) => Promise<T>): Promise<T> {
  return tracer.startActiveSpan(name, options, parent, async (span) => {
    try {
      return await run(span);
    } catch (error) {
      span.setStatus(failed);
      throw error;
    } finally {
      span.end();
    }
  });
}

const contextOf = (traceparent: string | undefined): Context => propagation.extract(ROOT_CONTEXT, { traceparent });

const messaging = (stream: string, operation: 'send' | 'process'): Attributes => ({
  'messaging.system': 'nats',
  'messaging.destination.name': stream,
  'messaging.operation.type': operation,
});

/** An event that cannot be read is published all the same. */
function traceparentIn(body: Uint8Array): string | undefined {
  try {
    const { traceparent } = JSON.parse(Buffer.from(body).toString('utf8')) as { readonly traceparent?: unknown };
    return typeof traceparent === 'string' ? traceparent : undefined;
  } catch {
    return undefined;
  }
}
