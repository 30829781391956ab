/** What makes a process a good citizen. */
export { logBusStatus } from './bus-status.js';
export { EnvironmentRefused, parseEnvironment, SecretFile, SharedEnvironment } from './environment.js';
export {
  readinessOf,
  startHealthServer,
  type HealthCheck,
  type HealthServer,
  type HealthServerOptions,
  type Readiness,
} from './health.js';
export { createLog, describeError, nestLogger, type ErrorDescription, type Log } from './log.js';
export { runService, type RunningService, type Service } from './run.js';
export { traceparentOf } from './trace.js';
