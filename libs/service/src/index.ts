/** What makes a process a good citizen. */
export { logBusStatus } from './bus-status.js';
export {
  BackendEnvironment,
  EnvironmentRefused,
  MigrationEnvironment,
  parseEnvironment,
  SecretFile,
  SharedEnvironment,
} from './environment.js';
export {
  readinessOf,
  startHealthServer,
  type HealthCheck,
  type HealthServer,
  type HealthServerOptions,
  type Readiness,
} from './health.js';
export { createLog, describeError, nestLogger, type ErrorDescription, type Log } from './log.js';
export { runOnce, runService, type RunningService, type Service } from './run.js';
export { traceparentOf } from './trace.js';
