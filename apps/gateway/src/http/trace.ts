/** Each request as a span (OpenTelemetry): of the trace that its caller names, or of a new one. */
import { propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, context, trace, type Context } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const tracer = trace.getTracer('@keytrail/gateway');

/**
 * Hooks that are added later run within the span. To be called behind authentication: a stranger must not decide what
 * is
 * recorded. Does nothing in a process without an SDK.
 */
export function traceRequests(fastify: FastifyInstance): void {
  if (propagation.fields().length === 0) return;
  fastify.addHook('onRequest', (request, reply, done) => {
    context.with(begin(request, reply), done);
  });
}

/** Names the route, not the URL: references stand there, and misplaced secrets may. */
function begin({ method, headers, routeOptions }: FastifyRequest, { raw }: FastifyReply): Context {
  const { declaration } = routeOptions.config;
  if (declaration?.open) return ROOT_CONTEXT;
  const parent = propagation.extract(ROOT_CONTEXT, { traceparent: headers['traceparent'] });
  const attributes = { 'http.request.method': method, ...(declaration && { 'http.route': declaration.path }) };
  const name = declaration === undefined ? method : `${method} ${declaration.path}`;
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
  // Not once the answer is sent, for there may be none: the caller may have gone.
  raw.once('close', () => {
    if (raw.headersSent) span.setAttribute('http.response.status_code', raw.statusCode);
    if (raw.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  });
  return trace.setSpan(parent, span);
}
