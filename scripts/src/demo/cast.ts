/** The demo's three principals: an administrator, a service and an analyst, each with a credential of its own. */
import path from 'node:path';
import type {
  AuthenticatedCaller,
  IssuedToken,
  PrincipalDescription,
  RegisterPrincipalRequest,
} from '@keytrail/contracts';
import { gatewayApi, type GatewayApi } from '../gateway-api.js';
import { stateFolder, writePrivate } from '../state-folder.js';
import type { System } from '../system.js';
import { startReader, type Reader } from './reader-process.js';
import type { Telling } from './telling.js';

const TOKEN_LIFETIME_MS = 3_600_000;

export interface Cast {
  /** Stores, revokes, rotates and says who may ask: over HTTP. */
  readonly administrator: GatewayApi;
  /** Obtains values over NATS, in a process of its own. */
  readonly billing: Reader;
  readonly billingTokenId: string;
  /** Looks on, over HTTP. */
  readonly analyst: GatewayApi;
  /** By which Keytrail tells them apart. */
  readonly principals: Readonly<Record<'administrator' | 'billing' | 'analyst', string>>;
}

/** The administrator is there from the beginning; it registers the other two, and gives each of them a token. */
export async function assembleCast(system: System, { say, curl }: Telling): Promise<Cast> {
  const administrator = gatewayApi(system);
  say('\n2. The administrator registers a service and an analyst, and issues a token to each, which is told once:');
  curl('admin', `~/access/principals --json '{"kind":"service","displayName":"billing","roles":[…]}'`);
  curl('admin', `~/access/tokens --json '{"principal":"…","scopes":["secret.decrypt"],"expiresAt":"…"}'`);
  const roles = ['acme', 'globex'].map((workspace) => ({ role: 'service', workspace }));
  const service = await enroll(administrator, { kind: 'service', displayName: 'billing', roles }, ['secret.decrypt']);
  const onlooker = { role: 'security_analyst', workspace: '_system' };
  const person = await enroll(administrator, { kind: 'user', displayName: 'Anna Analyst', roles: [onlooker] });
  const analyst = gatewayApi({ ...system, adminToken: person.token });
  const [chief, colleague] = await Promise.all([whoIs(administrator), whoIs(analyst)]);
  for (const { displayName, principal } of [chief, service, colleague]) say(`   ${displayName} is ${principal}`);
  const tokenFile = path.join(stateFolder(system.dir).keys, 'demo-billing.token');
  writePrivate(tokenFile, service.token);
  return {
    administrator,
    billing: await startReader(system, tokenFile),
    billingTokenId: service.tokenId,
    analyst,
    principals: { administrator: chief.principal, billing: service.principal, analyst: colleague.principal },
  };
}

type Registration = Pick<RegisterPrincipalRequest, 'kind' | 'displayName'> & {
  readonly roles: readonly { readonly role: string; readonly workspace: string }[];
};

interface Enrolled {
  readonly principal: string;
  readonly displayName: string;
  readonly tokenId: string;
  readonly token: string;
}

async function enroll(api: GatewayApi, registration: Registration, scopes?: readonly string[]): Promise<Enrolled> {
  const { principal, displayName } = await api.post<PrincipalDescription>('/access/principals', registration);
  const expiresAt = new Date(Date.now() + TOKEN_LIFETIME_MS).toISOString();
  const { tokenId, token } = await api.post<IssuedToken>('/access/tokens', { principal, scopes, expiresAt });
  return { principal, displayName, tokenId, token: token as string };
}

const whoIs = (api: GatewayApi) => api.get<AuthenticatedCaller>('/access/me');
