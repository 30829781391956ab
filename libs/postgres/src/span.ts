/** An append to the journal as a span (OpenTelemetry), whose context its events carry on. */
import type { RequestFacts } from '@keytrail/eventsourcing';
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

const tracer = trace.getTracer('@keytrail/postgres');

/**
 * Runs `append` as a span, with facts that name it as the parent of whatever follows from the events. Neither statement
 * nor
 * error is kept: they quote values. In a process without an SDK `append` is given the facts as they are.
 */
export function inAppendSpan<T extends { readonly status: string }>(
  table: string,
  facts: RequestFacts,
  append: (facts: RequestFacts) => Promise<T>,
): Promise<T> {
  if (propagation.fields().length === 0) return append(facts);
  const { traceparent } = facts;
  const parent =
    trace.getActiveSpan() === undefined ? propagation.extract(ROOT_CONTEXT, { traceparent }) : context.active();
  const attributes = { 'db.system.name': 'postgresql', 'db.collection.name': table };
  return tracer.startActiveSpan('journal append', { kind: SpanKind.CLIENT, attributes }, parent, async (span) => {
    try {
      const outcome = await append(withinActiveSpan(facts));
      span.setAttribute('keytrail.outcome', outcome.status);
      return outcome;
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}

function withinActiveSpan(facts: RequestFacts): RequestFacts {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return { ...facts, ...(carrier.traceparent !== undefined && { traceparent: carrier.traceparent }) };
}
