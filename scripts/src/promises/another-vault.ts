/** A further replica of a system's vault, with a log of its own. */
import fs from 'node:fs';
import { freePort } from '@keytrail/testing';
import type { Running } from '../keep-running.js';
import { localKeys } from '../local-keys.js';
import { serviceNames, startLocalService, type ServicesContext } from '../local-services.js';
import { stateFolder } from '../state-folder.js';
import type { System } from '../system.js';

/** `folder`, which is made, is for its log. Throws `ServiceFailed` where it does not come up. */
export async function startAnotherVault(
  system: System,
  { folder, signal }: { readonly folder: string; readonly signal: AbortSignal },
): Promise<Running> {
  fs.mkdirSync(folder, { recursive: true });
  const state = { ...stateFolder(system.dir), logs: folder, run: folder };
  const port = await freePort();
  const ports = Object.fromEntries(serviceNames.map((name) => [name, port])) as ServicesContext['ports'];
  const { natsUrl, issuersFile, ...authority } = system;
  const rest = { otlpUrl: undefined, nodeOptions: {}, signal };
  const context = { state, keys: localKeys(state), authority, natsUrl, issuersFile, ports, ...rest };
  return startLocalService(context, 'vault');
}
