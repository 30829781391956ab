/**
 * A collector that takes spans over OTLP/HTTP with JSON (https://opentelemetry.io/docs/specs/otlp) and keeps them, for
 * tests.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;

/** A span as its process has sent it; ids in lower-case hexadecimal. */
export interface ReceivedSpan {
  /** `service.name` of the process. */
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Null for the first of a trace. */
  readonly parentId: string | null;
  readonly name: string;
  readonly kind: (typeof KINDS)[number];
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface OtlpReceiver {
  readonly url: string;
  /** In order of arrival. */
  readonly spans: readonly ReceivedSpan[];
  /** Every request's body as it came, for whoever searches them. */
  readonly bodies: readonly string[];
  stop(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1. Refuses what is not a trace request. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const bodies: string[] = [];
  const server = http.createServer((request, response) => {
    void text(request).then((body) => {
      const fits = request.url === '/v1/traces' && request.headers['content-type'] === 'application/json';
      if (fits) {
        bodies.push(body);
        spans.push(...spansIn(JSON.parse(body) as TraceRequest));
      }
      response.writeHead(fits ? 200 : 400, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    bodies,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface TraceRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

interface Attribute {
  readonly key: string;
  /** One member, named after its type. */
  readonly value: Readonly<Record<string, unknown>>;
}

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status?: { readonly code?: number };
  readonly attributes: readonly Attribute[];
}

const STATUS_ERROR = 2;

function spansIn({ resourceSpans }: TraceRequest): readonly ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(recordOf(resource.attributes)['service.name']);
    return scopeSpans.flatMap(({ spans }) =>
      spans.map(({ traceId, spanId, parentSpanId = '', name, kind, status, attributes }) => ({
        service,
        traceId,
        spanId,
        parentId: parentSpanId === '' ? null : parentSpanId,
        name,
        kind: KINDS[kind] ?? 'unspecified',
        failed: status?.code === STATUS_ERROR,
        attributes: recordOf(attributes),
      })),
    );
  });
}

function recordOf(attributes: readonly Attribute[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
