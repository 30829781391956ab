/** The callers of a local system: registered over its API when they are missing, each with a token in a file. */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type KeytrailClient } from '@keytrail/client';
import type { IssuedToken, PrincipalDescription, Role } from '@keytrail/contracts';
import type { Caller, DevFile } from './dev-file.js';
import { type GatewayApi, gatewayApi, type GatewayLogin, GatewayRefused } from './gateway-api.js';
import { writePrivate, type StateFolder } from './state-folder.js';

/** By name: services that obtain values, `cli` for the person at the keyboard, and one who looks on. */
export const CALLERS = {
  billing: 'service',
  chatbot: 'service',
  batch: 'service',
  cli: 'service',
  analyst: 'security_analyst',
} as const satisfies Readonly<Record<string, Role>>;
export type CallerName = keyof typeof CALLERS;
export const callerNames = Object.keys(CALLERS) as readonly CallerName[];

/** Safe to repeat: whoever has a token keeps it. */
export async function enrollCallers(
  login: GatewayLogin,
  { keys }: StateFolder,
): Promise<Readonly<Record<CallerName, Caller>>> {
  const api = gatewayApi(login);
  const enrolled = await Promise.all(
    callerNames.map(async (name) => [name, await patiently(() => enroll(name, api, keys))] as const),
  );
  return Object.fromEntries(enrolled) as Record<CallerName, Caller>;
}

async function enroll(name: CallerName, api: GatewayApi, keys: string): Promise<Caller> {
  const [file, tokenFile] = [path.join(keys, `${name}.caller.json`), path.join(keys, `${name}.token`)];
  if (!fs.existsSync(file)) {
    const roles = [{ role: CALLERS[name], workspace: '_system' }];
    const { principal } = await api.post<PrincipalDescription>(
      '/access/principals',
      { kind: 'service', displayName: name, roles },
      { commandId: `enroll-${name}` },
    );
    // Whoever stopped between the token and its file has a token that nobody knows, and gets another one.
    const { token } = await api.post<IssuedToken>('/access/tokens', { principal, label: 'npm start' });
    writePrivate(tokenFile, token as string);
    writePrivate(file, JSON.stringify({ principal, tokenFile }));
  }
  return JSON.parse(fs.readFileSync(file, 'utf8')) as Caller;
}

/** On a machine that is busy with its first start the first answers come too late: then it is asked again. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const isLate = error instanceof GatewayRefused && LATE.has(error.status);
      if (!isLate || attempt === ATTEMPTS) throw error;
      await sleep(BETWEEN_MS);
    }
  }
}

/** Service Unavailable, Gateway Timeout. */
const LATE: ReadonlySet<number> = new Set([503, 504]);
const ATTEMPTS = 10;
const BETWEEN_MS = 500;

/** A client of its own in a caller's name. Throws as `connect` does. */
export function connectAs(
  { natsUrl: url, vaultKey, callers }: Pick<DevFile, 'natsUrl' | 'vaultKey' | 'callers'>,
  name: CallerName,
): Promise<KeytrailClient> {
  return connect({ url, vaultKey, name, credential: { tokenFile: callers[name].tokenFile } }, {});
}
