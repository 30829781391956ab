/** Servers and canary secrets for tests and for local development. */
export { canarySecret, encodingsOf, findCanary } from './canary.js';
export type { CanaryEncoding, CanaryFinding, CanaryShape } from './canary.js';
export { freePort, isFree } from './free-port.js';
export { natsServerBinary, startNats } from './nats-server.js';
export type { NatsOptions, NatsPlacement, NatsServer } from './nats-server.js';
export { startPostgres } from './postgres-server.js';
export type { PostgresLogin, PostgresOptions, PostgresServer } from './postgres-server.js';
export { end, eventually, identify, isRunning, stillRuns } from './process-table.js';
export type { ProcessIdentity } from './process-table.js';
export { StartFailure } from './server-process.js';
export type { Ending } from './server-process.js';
export { tcpProxy } from './tcp-proxy.js';
export type { TcpProxy } from './tcp-proxy.js';
export { removeFolder, temporaryFolder } from './temporary-folder.js';
export type { TemporaryFolder } from './temporary-folder.js';
