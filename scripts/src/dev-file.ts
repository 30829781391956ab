/** `.keytrail/dev.json`: where a running local system is, for the other commands and for a person. */
import fs from 'node:fs';
import type { CallerName } from './local-callers.js';
import type { ProcessName } from './process-files.js';
import { writePrivate } from './state-folder.js';

/** The services by the names of their apps. */
export type ServiceName = 'gateway' | 'vault' | 'rotation-scheduler' | 'audit' | 'anomaly-detector';

/** Who a caller is. */
export interface Caller {
  readonly principal: string;
  /** Absolute path of the file with its API token. */
  readonly tokenFile: string;
}

/** The file's content. It is there while the system runs; after a kill -9 it is out of date. */
export interface DevFile {
  readonly gatewayUrl: string;
  readonly natsUrl: string;
  /** `kv_…`, by which the vault is known. */
  readonly vaultKey: string;
  readonly adminPrincipal: string;
  readonly adminToken: string;
  /** URLs that answer 200 while the service is ready. */
  readonly health: Readonly<Record<ServiceName, string>>;
  readonly pids: Readonly<Record<ProcessName, number>>;
  readonly callers: Readonly<Record<CallerName, Caller>>;
}

/** The running system, or `null` when none has left its file here. */
export function readDevFile(file: string): DevFile | null {
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as DevFile) : null;
}

/** Replaces the file. */
export function writeDevFile(file: string, content: DevFile): void {
  writePrivate(file, `${JSON.stringify(content, null, 2)}\n`);
}
