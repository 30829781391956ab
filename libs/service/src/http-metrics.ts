/** Metrics of the requests that are answered over HTTP. */
import { ANSWER_SECONDS } from './buckets.js';
import type { Metrics } from './metrics.js';

/** `route` is the id of a declared operation, or `unknown`; never a path, in which a reference stands. */
export interface HttpAnswer {
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly durationMs: number;
}

/** To be told of each answer. */
export function httpMetrics(metrics: Metrics): (answer: HttpAnswer) => void {
  const seconds = metrics.histogram(
    {
      name: 'keytrail_http_request_seconds',
      help: 'From the arrival of a request to the end of its answer, by operation, method and status.',
      labels: ['route', 'method', 'status'],
    },
    ANSWER_SECONDS,
  );
  return ({ route, method, status, durationMs }) =>
    seconds.observe({ route, method, status: String(status) }, durationMs / 1_000);
}
