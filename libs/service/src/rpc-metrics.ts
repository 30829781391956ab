/** Metrics of the requests that a service answers over NATS. */
import type { RpcServer, RpcServerEvent } from '@keytrail/nats';
import type { Metrics } from './metrics.js';
import { ANSWER_SECONDS } from './buckets.js';

/** For `onEvent` of the service's RPC server, which `server` answers once there is one. */
export function rpcMetrics(
  metrics: Metrics,
  server: () => Pick<RpcServer, 'requestsInFlight' | 'requestsWaiting'>,
): (event: RpcServerEvent) => void {
  const seconds = metrics.histogram(
    {
      name: 'keytrail_rpc_request_seconds',
      help: 'From the arrival of a request to its reply, by operation and code.',
      labels: ['operation', 'code'],
    },
    ANSWER_SECONDS,
  );
  const dropped = metrics.counter({
    name: 'keytrail_rpc_dropped_total',
    help: 'Messages that got no answer: their subject, or the subject for their reply, is not of the grammar.',
    labels: ['cause'],
  });
  const gauge = (name: string, help: string, value: () => number): void =>
    metrics.read({ name, help, labels: [] }, () => [{ labels: {}, value: value() }]);
  gauge(
    'keytrail_rpc_in_flight_requests',
    'Requests that are not answered yet, waiting or being served.',
    () => server().requestsInFlight,
  );
  gauge(
    'keytrail_rpc_waiting_requests',
    'Requests that wait for their turn among those of all callers.',
    () => server().requestsWaiting,
  );
  return (event) => {
    if (event.type === 'dropped') dropped.inc({ cause: event.cause });
    else seconds.observe({ operation: event.operation, code: event.code }, event.durationMs / 1_000);
  };
}
