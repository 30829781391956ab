/** Makes promise 4's world: secrets in every state, and people with every standing. */
import type { Role, TokenId } from '@keytrail/contracts';
import { gatewayApi, type GatewayApi } from '../gateway-api.js';
import { gatewayRequester, type Requester } from '../requester.js';
import type { System } from '../system.js';
import { BROKEN, FORBIDDEN_PURPOSE, type Name, OPEN_SECRETS, PEOPLE, referenceIn, WORKSPACE } from './4-model.js';
import { patiently } from './patiently.js';
import { enroll, issueToken, type Person } from './presence.js';

/** Whose sessions are opened before their credentials are taken away. */
export type Fallen = 'suspended' | 'revoked';

export interface World {
  readonly people: Readonly<Record<Name, Person>>;
  readonly fallen: Readonly<Record<Fallen, Person>>;
  /** Takes their credentials away. */
  readonly withdraw: () => Promise<void>;
  /** Has nothing, and is to tell nothing apart. */
  readonly blind: Person;
}

const NO_ROLE = { role: null, workspace: WORKSPACE } as const;
const SERVICE = { role: 'service', workspace: WORKSPACE } as const;

const STANDINGS: Readonly<Record<Name, { readonly role: Role | null; readonly workspace: string }>> = {
  member: SERVICE,
  everywhere: { role: 'service', workspace: '_system' },
  stranger: NO_ROLE,
  suspect: SERVICE,
  scoped: SERVICE,
  lead: { role: 'workspace_admin', workspace: WORKSPACE },
};

const REASON = { reason: 'promise 4' };
const EXPIRES_MS = 1_500;
const DECRYPT = 'principal, action == Keytrail::Action::"secret.decrypt", resource';

export async function makeWorld(system: System): Promise<World> {
  const api = gatewayApi(system);
  const admin = await gatewayRequester(system);
  try {
    const expiresAt = await storeSecrets(api, admin);
    await publish(admin, WORKSPACE, `context has purpose && context.purpose == "${FORBIDDEN_PURPOSE}"`);
    await publish(admin, BROKEN, 'context.minuteOfDay + 9223372036854775807 > 0');
    const enrolled = await Promise.all(
      PEOPLE.map(async (name) => [name, await enroll(api, { displayName: name, ...STANDINGS[name] })] as const),
    );
    const people = Object.fromEntries(enrolled) as World['people'];
    const scoped = await issueToken(api, people.scoped.principal, { scopes: ['secret.get'] });
    const quarantined = { principal: people.suspect.principal, ...REASON };
    await manage(admin, { operation: 'principal.quarantine', body: quarantined, workspace: '_system' });
    const [suspended, revoked] = [
      await enroll(api, { displayName: 'suspended', ...SERVICE }),
      await enroll(api, { displayName: 'revoked', ...SERVICE }),
    ];
    await patiently('a secret has expired', () => Date.now() > expiresAt);
    return {
      people: { ...people, scoped: { ...people.scoped, token: scoped.token as string } },
      fallen: { suspended, revoked },
      withdraw: async () => {
        await api.post(`/access/principals/${suspended.principal}/suspend`, {});
        await api.post(`/access/tokens/${tokenIdOf(revoked)}/revoke`, {});
      },
      blind: await enroll(api, { displayName: 'blind', ...NO_ROLE }),
    };
  } finally {
    await admin.close();
  }
}

/** It stands in the token itself: `kt_<tokenId>_…`. */
export const tokenIdOf = ({ token }: Person): TokenId => token.split('_')[1] as TokenId;

/** Answers when the one of them expires that does, in epoch milliseconds. */
async function storeSecrets(api: GatewayApi, admin: Requester): Promise<number> {
  const expiresAt = Date.now() + EXPIRES_MS;
  for (const slug of [WORKSPACE, BROKEN]) await api.post('/workspaces', { slug });
  const store = async (workspace: string, key: string, more: object = {}) => {
    const reference = referenceIn(workspace, key);
    await api.post('/secrets', { reference, value: { text: key }, ...more });
    return reference;
  };
  for (let n = 0; n < OPEN_SECRETS; n++) await store(WORKSPACE, `open_${n}`);
  await store(BROKEN, 'open');
  await store(WORKSPACE, 'expired', { expiresAt: new Date(expiresAt).toISOString() });
  for (const [key, operation] of [
    ['deleted', 'secret.delete'],
    ['held', 'secret.quarantine'],
    ['disabled', 'secret.disable'],
    ['revoked', 'secret.revoke'],
    ['renewed', 'secret.revoke'],
  ] as const)
    await manage(admin, {
      operation,
      body: { reference: await store(WORKSPACE, key), ...REASON },
      workspace: WORKSPACE,
    });
  await api.post(`/secrets/${referenceIn(WORKSPACE, 'renewed')}/versions`, { value: { text: 'renewed' } });
  return expiresAt;
}

const publish = (admin: Requester, workspace: string, condition: string) => {
  const body = { name: 'promise-4', source: `forbid (${DECRYPT}) when { ${condition} };` };
  return manage(admin, { operation: 'policy.publish', body, workspace });
};

interface Change {
  readonly operation: string;
  readonly body: object;
  readonly workspace: string;
}

/** Throws where it is refused. */
async function manage({ rpc }: Requester, { operation, body, workspace }: Change): Promise<void> {
  const [aggregate = '', verb = ''] = operation.split('.');
  const reply = await rpc.request({ service: 'vault', workspace, aggregate, verb, body });
  if (!reply.ok) throw new Error(`${operation} was refused: ${reply.error.code}, ${reply.error.message}`);
}
