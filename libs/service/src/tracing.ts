/** Sends this process's spans to a collector (OTLP over HTTP); loaded only where there is one to send them to. */
import { uuidv7 } from '@keytrail/crypto';
import { context, diag, DiagLogLevel, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { setGlobalErrorHandler, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Log } from './log.js';
import { within } from './within.js';

const SEND_EVERY_MS = 1_000;
/** What may wait for the collector; beyond it spans are dropped, and the log says how many. */
const QUEUE_SPANS = 8_192;
const LAST_SEND_MS = 2_000;

export interface TracingOptions {
  readonly service: string;
  /** The collector's base URL: spans go to `/v1/traces` below it. */
  readonly url: string;
  /**
   * How many of the traces that begin here are recorded, from 0 to 1; those of callers go on as the callers decided.
   */
  readonly sampleRatio: number;
  readonly log: Log;
}

export interface Tracing {
  /**
   * Sends what is left, within two seconds; what could not be sent by then is lost, and the log says so. Never rejects.
   */
  stop(): Promise<void>;
}

/** Makes this process trace, from here to its end. To be called once, before anything begins that is to be traced. */
export function startTracing({ service, url, sampleRatio, log }: TracingOptions): Tracing {
  const exporter = new OTLPTraceExporter({ url: `${url.replace(/\/$/, '')}/v1/traces` });
  const identity = { 'service.namespace': 'keytrail', 'service.name': service, 'service.instance.id': uuidv7() };
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes(identity)),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    spanProcessors: [
      new BatchSpanProcessor({ exporter, scheduledDelayMillis: SEND_EVERY_MS, maxQueueSize: QUEUE_SPANS }),
    ],
  });
  reportTroubles(log);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return {
    stop: async () => {
      try {
        await within(LAST_SEND_MS, () => provider.shutdown());
      } catch (error) {
        log.warn({ err: error }, 'the last spans may be lost');
      }
    },
  };
}

function reportTroubles(log: Log): void {
  setGlobalErrorHandler((error) => log.warn({ err: error }, 'spans could not be sent'));
  const say = (trouble: string): void => log.warn({ trouble }, 'tracing is in trouble');
  const silent = (): void => {};
  diag.setLogger({ error: say, warn: say, info: silent, debug: silent, verbose: silent }, DiagLogLevel.WARN);
}
