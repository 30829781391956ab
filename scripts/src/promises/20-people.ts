/** Who asks in promise 20, each with one role in one place, and what there is to be asked about. */
import {
  type IssuedToken,
  type PrincipalDescription,
  Role,
  type SealingKeys,
  type WorkspaceProfile,
} from '@keytrail/contracts';
import { gatewayApi, type GatewayApi } from '../gateway-api.js';
import { gatewayRequester, type Requester } from '../requester.js';
import { localKeys } from '../local-keys.js';
import { stateFolder } from '../state-folder.js';
import type { System } from '../system.js';
import {
  BYSTANDERS,
  type Circumstances,
  type Place,
  PLACES,
  referenceOf,
  SECRETS,
  WORKSPACES,
} from './20-questions.js';
import { issueToken, type Person } from './presence.js';

/** `bound`: where the role is bound. */
export interface RolePerson extends Person {
  readonly role: Role | null;
  readonly bound: Place | null;
}

/** What all requests have in common. */
export type Stage = Omit<Circumstances, 'workspace' | 'fresh'>;

type Roles = readonly { readonly role: Role; readonly workspace: string }[];

/** Everybody: each role in each place, and somebody without any. */
export const CAST: readonly Pick<RolePerson, 'role' | 'bound'>[] = [
  { role: null, bound: null },
  ...Role.options.flatMap((role) => PLACES.map((bound) => ({ role, bound }))),
];

/** Makes the workspaces, with the secrets in them, and the people to whom things are done. */
export async function setStage(system: System): Promise<Stage> {
  const api = gatewayApi(system);
  const admin = await gatewayRequester(system);
  try {
    for (const profile of ['strict', 'delegated'] as const) await makeWorkspace({ api, admin }, profile);
  } finally {
    await admin.close();
  }
  const bystanders = await Promise.all(BYSTANDERS.map(async (name) => [name, await register(api, name, [])] as const));
  const named = Object.fromEntries(bystanders) as Stage['bystanders'];
  const { tokenId, token } = await issueToken(api, named.issued);
  return {
    sealing: await api.get<SealingKeys>('/sealing-key'),
    bystanders: named,
    gateway: localKeys(stateFolder(system.dir)).identities.gateway.rpc.principal,
    tokenId,
    token: token as string,
  };
}

async function makeWorkspace(
  { api, admin }: { readonly api: GatewayApi; readonly admin: Requester },
  profile: WorkspaceProfile,
): Promise<void> {
  const workspace = WORKSPACES[profile];
  await api.post('/workspaces', { slug: workspace });
  const configure = { service: 'vault', workspace, aggregate: 'workspace', verb: 'configure', body: { profile } };
  const configured = await admin.rpc.request(configure);
  if (!configured.ok) throw new Error(`${workspace} could not be configured: ${configured.error.code}`);
  for (const secret of SECRETS)
    await api.post('/secrets', { reference: referenceOf(workspace, secret), value: { text: secret } });
}

async function register(api: GatewayApi, displayName: string, roles: Roles): Promise<string> {
  const registered = { kind: 'service', displayName, roles };
  return (await api.post<PrincipalDescription>('/access/principals', registered)).principal;
}

/** Registers all of the cast, each with a token. */
export async function enrollCast(system: System): Promise<readonly RolePerson[]> {
  const api = gatewayApi(system);
  const enrolled = async ({ role, bound }: Pick<RolePerson, 'role' | 'bound'>): Promise<RolePerson> => {
    const roles = role === null || bound === null ? [] : [{ role, workspace: WORKSPACES[bound] }];
    const principal = await register(api, `${role} ${bound}`, roles);
    return { role, bound, principal, token: (await issueToken(api, principal)).token as string };
  };
  return Promise.all(CAST.map(enrolled));
}

/** Registers somebody for each scope, with all of the roles above all workspaces, and answers their tokens by it. */
export async function enrollScoped(
  system: System,
  roles: readonly Role[],
  scopes: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const api = gatewayApi(system);
  const everywhere = roles.map((role) => ({ role, workspace: WORKSPACES.above }));
  const tokens = scopes.map(async (scope): Promise<[string, string]> => {
    const principal = await register(api, `with ${scope} alone`, everywhere);
    const { token }: IssuedToken = await issueToken(api, principal, { scopes: [scope] });
    return [scope, token as string];
  });
  return new Map(await Promise.all(tokens));
}
