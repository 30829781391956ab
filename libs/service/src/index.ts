/** What makes a process a good citizen. */
export { askVault, type AskedVault } from './ask-vault.js';
export { busChecks } from './bus-checks.js';
export { logBusStatus } from './bus-status.js';
export { busTlsOf } from './bus-tls.js';
export { cacheMetrics, type CacheReadings } from './cache-metrics.js';
export { SecretFile } from './configured-file.js';
export { connectBackend, type BackendConnections } from './connect-backend.js';
export {
  BackendEnvironment,
  EnvironmentRefused,
  MigrationEnvironment,
  parseEnvironment,
  PeerEnvironment,
  SharedEnvironment,
} from './environment.js';
export { readinessOf, type HealthCheck, type Readiness } from './health.js';
export { httpMetrics, type HttpAnswer } from './http-metrics.js';
export { journalMetrics } from './journal-metrics.js';
export { createLog, nestLogger, type Log } from './log.js';
export { createMetrics, METRICS_TYPE, type Metrics } from './metrics.js';
export { logParked } from './log-parked.js';
export { ParkedRpc, Reader } from './parked.rpc.js';
export { startHealthServer, type HealthServer, type HealthServerOptions } from './probe-server.js';
export { readerMetrics, type FollowedStream } from './reader-metrics.js';
export { redact } from './redaction.js';
export { publishJournal, type JournalToPublish, type PublishedJournal } from './publish-journal.js';
export { rpcMetrics } from './rpc-metrics.js';
export { runOnce, runService, type RunningService, type Service } from './run.js';
export { serverIdentityOf, type ServerIdentity } from './server-identity.js';
export { traceparentOf } from './trace.js';
