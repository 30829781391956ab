/** One request for each permission: about things that are there, and that no other request needs as they were. */
import type { Permission, Role, SealingKeys } from '@keytrail/contracts';
import { SEALED_FOR, sealTo, uuidv7 } from '@keytrail/crypto';
import { sealedValue } from './sealed-value.js';

/** Where somebody asks, and where roles are bound: in a workspace of either profile, or above all of them. */
export const PLACES = ['strict', 'delegated', 'above'] as const;
export type Place = (typeof PLACES)[number];

export const WORKSPACES: Readonly<Record<Place, string>> = {
  strict: 'promise-20-strict',
  delegated: 'promise-20-delegated',
  above: '_system',
};

/** Secrets of each workspace, by what is done to them. */
export const SECRETS = ['calm', 'renewed', 'revoked', 'disabled', 'deleted', 'held', 'rotated'] as const;
export const referenceOf = (workspace: string, secret: string) => `tenant.${workspace}.openai.${secret}`;

/** People to whom things are done, by what is done to them. */
export const BYSTANDERS = ['bound', 'granted', 'suspended', 'quarantined', 'issued'] as const;

/** What a request is made of. */
export interface Circumstances {
  readonly workspace: string;
  /** A name that nobody has used. */
  readonly fresh: string;
  readonly sealing: SealingKeys;
  /** Principals. */
  readonly bystanders: Readonly<Record<(typeof BYSTANDERS)[number], string>>;
  readonly gateway: string;
  /** Of the bystander `issued`. */
  readonly tokenId: string;
  readonly token: string;
}

/** As the gateway's API has it, below `/api/v1`. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
}

export interface Question {
  readonly permission: Permission;
  /** What is asked, where the permission alone does not say it. */
  readonly variant?: string;
  /** Who answers, where several do. */
  readonly service?: string;
  /** The one role that may, of those that the matrix lets. */
  readonly reserved?: Role;
  readonly where: readonly Place[];
  /** It stands above all workspaces: in one of them nobody may ask it. */
  readonly isAbove?: true;
  /** Over NATS, to the service that answers it. */
  readonly body: (of: Circumstances) => object;
  /** Where another service than the vault answers, which takes the gateway's word for who may. */
  readonly http?: (of: Circumstances) => HttpRequest;
}

export const nameOf = ({ permission, variant }: Question): string =>
  variant === undefined ? permission : `${permission} ${variant}`;

/** The service that answers. */
export function serviceOf({ permission, service, http }: Question): string {
  if (service !== undefined || http === undefined) return service ?? 'vault';
  const [aggregate = ''] = permission.split('.');
  return { rotation: 'rotation', finding: 'anomaly' }[aggregate] ?? 'audit';
}

type Asked = Omit<Question, 'permission'>;

const IN_WORKSPACES = ['strict', 'delegated'] as const;
const ABOVE = ['above'] as const;

const within = (body: Asked['body']): Asked => ({ where: IN_WORKSPACES, body });
const anywhere = (body: Asked['body']): Asked => ({ where: PLACES, body });
const above = (body: Asked['body']): Asked => ({ where: PLACES, isAbove: true, body });
/** What is no right of people's is asked where it would be answered. */
const aboveAlone = (body: Asked['body']): Asked => ({ where: ABOVE, isAbove: true, body });

/** About one secret; `more` beside its reference. */
const of = (secret: (typeof SECRETS)[number], more: (of: Circumstances) => object = () => ({})): Asked =>
  within((circumstances) => ({ reference: referenceOf(circumstances.workspace, secret), ...more(circumstances) }));

const REASON = { reason: 'promise 20' };
const GENERATE = { length: 32, alphabet: 'abcdefghijklmnopqrstuvwxyz' };
const HANDLER = { type: 'random', value: GENERATE };
const POLICY = 'promise-20';
const SOURCE =
  'forbid (principal, action == Keytrail::Action::"secret.decrypt", resource) when { resource.key == "nothing" };';

const binding = (role: Role) =>
  anywhere(({ bystanders, workspace }) => ({ principal: bystanders.bound, role, workspace }));

const OF_THE_VAULT = {
  'secret.decrypt': of('calm'),
  'secret.get': of('calm'),
  'secret.create': within(({ workspace, fresh, sealing }) => {
    const reference = referenceOf(workspace, fresh);
    return { reference, sealedValue: sealedValue(sealing, reference, fresh) };
  }),
  'secret.add_version': of('renewed', ({ workspace, fresh, sealing }) => ({
    sealedValue: sealedValue(sealing, referenceOf(workspace, 'renewed'), fresh),
  })),
  'secret.revoke': of('revoked'),
  'secret.disable': of('disabled'),
  'secret.enable': of('disabled'),
  'secret.delete': of('deleted'),
  'secret.undelete': of('deleted'),
  'secret.generate_version': of('renewed', () => ({ generate: GENERATE, rotationId: uuidv7() })),
  'secret.quarantine': of('held', () => REASON),
  'secret.release': of('held'),
  'workspace.create': within(({ workspace }) => ({ slug: workspace })),
  'workspace.get': anywhere(() => ({})),
  'workspace.configure': anywhere(() => ({ twoPersonRelease: false })),
  'policy.publish': within(() => ({ name: POLICY, source: SOURCE })),
  'policy.withdraw': within(() => ({ name: POLICY })),
  'policy.list': within(() => ({})),
  'policy.get': within(() => ({ name: POLICY })),
  'policy.check': within(() => ({ source: SOURCE })),
  'grant.give': within(({ bystanders, workspace }) => ({
    principal: bystanders.granted,
    pattern: referenceOf(workspace, 'nothing'),
    permissions: ['secret.get'],
  })),
  'grant.withdraw': anywhere(() => ({ grantId: uuidv7() })),
  'grant.list': anywhere(({ bystanders }) => ({ principal: bystanders.granted })),
  'access.explain': within(({ bystanders, workspace }) => ({
    principal: bystanders.granted,
    permission: 'secret.get',
    reference: referenceOf(workspace, 'calm'),
  })),
  'access.decide': within(() => ({ permission: 'access.decide' })),
  'principal.register': above(({ fresh }) => ({ kind: 'service', displayName: fresh })),
  'principal.get': above(({ bystanders }) => ({ principal: bystanders.bound })),
  'principal.list': above(() => ({ limit: 1 })),
  'principal.suspend': above(({ bystanders }) => ({ principal: bystanders.suspended })),
  'principal.quarantine': above(({ bystanders }) => ({ principal: bystanders.quarantined, ...REASON })),
  'principal.release': above(({ bystanders }) => ({ principal: bystanders.quarantined })),
  'principal.bind_role': binding('auditor'),
  'principal.unbind_role': binding('auditor'),
  'token.issue': above(({ bystanders }) => ({ principal: bystanders.issued, scopes: ['secret.get'] })),
  'token.revoke': above(({ tokenId }) => ({ tokenId })),
  'token.list': above(({ bystanders }) => ({ principal: bystanders.issued })),
  'session.authenticate': aboveAlone(({ token, gateway, sealing: { keys } }) => {
    const [key] = keys as [SealingKeys['keys'][number]];
    const credential = Buffer.from(JSON.stringify({ type: 'api_token', token }));
    const sealed = sealTo(key, credential, { purpose: SEALED_FOR.credential, context: [gateway] });
    return { credential: { keyId: sealed.keyId, enc: sealed.enc, ciphertext: sealed.ciphertext } };
  }),
  'session.introspect': aboveAlone(() => ({ sessionId: uuidv7() })),
} as const satisfies Partial<Record<Permission, Asked>>;

type Answered = (of: Circumstances & { readonly reference: string }) => HttpRequest;

/** Over NATS nobody but the gateway may ask them, whatever the body says. */
function behindTheGateway(where: Asked['where'], secret: (typeof SECRETS)[number] | null, http: Answered): Asked {
  const reference = (workspace: string) => referenceOf(workspace, secret ?? 'calm');
  return {
    where,
    body: ({ workspace }) => (secret === null ? {} : { reference: reference(workspace) }),
    http: (circumstances) => http({ ...circumstances, reference: reference(circumstances.workspace) }),
  };
}

const get = (path: string): HttpRequest => ({ method: 'GET', path });

/** A list of one workspace, or of all. */
const listed = (path: string): Asked =>
  behindTheGateway(PLACES, null, ({ workspace }) =>
    get(workspace === WORKSPACES.above ? path : `${path}?workspace=${workspace}`),
  );

const parkedOf = (reader: string, verb: 'list' | 'replay'): Asked => ({
  ...behindTheGateway(ABOVE, null, () =>
    verb === 'list'
      ? get(`/parked?reader=${reader}`)
      : { method: 'POST', path: `/parked/${reader}/vault/999999999/replay` },
  ),
  isAbove: true,
});

const OF_OTHERS = {
  'rotation.get_policy': behindTheGateway(IN_WORKSPACES, 'rotated', ({ reference }) =>
    get(`/rotation/policies/${reference}`),
  ),
  'rotation.set_policy': behindTheGateway(IN_WORKSPACES, 'rotated', ({ reference }) => ({
    method: 'PUT',
    path: `/rotation/policies/${reference}`,
    body: { intervalSeconds: 86_400, handler: HANDLER },
  })),
  'rotation.delete_policy': behindTheGateway(IN_WORKSPACES, 'rotated', ({ reference }) => ({
    method: 'DELETE',
    path: `/rotation/policies/${reference}`,
  })),
  'rotation.start': behindTheGateway(IN_WORKSPACES, 'rotated', ({ reference }) => ({
    method: 'POST',
    path: `/secrets/${reference}/rotate`,
    body: { handler: HANDLER },
  })),
  'rotation.list_policies': listed('/rotation/policies'),
  'rotation.list_due': listed('/rotation/due'),
  'rotation.list_runs': listed('/rotation/runs'),
  'rotation.get_run': listed(`/rotation/runs/${uuidv7()}`),
  'usage.get': behindTheGateway(IN_WORKSPACES, 'calm', ({ reference }) => get(`/secrets/${reference}/accesses`)),
  'usage.summary': listed('/security/summary'),
  'event.list': listed('/audit/events'),
  'finding.list': listed('/findings'),
  'finding.get': listed(`/findings/${uuidv7()}`),
  'access.what_if': behindTheGateway(IN_WORKSPACES, null, ({ workspace }) => ({
    method: 'POST',
    path: '/access/what-if',
    body: { workspace, name: POLICY, source: SOURCE, days: 1 },
  })),
  'parked.list': parkedOf('audit', 'list'),
  'parked.replay': parkedOf('audit', 'replay'),
} as const satisfies Partial<Record<Permission, Asked>>;

const BY_PERMISSION: Readonly<Record<Permission, Asked>> = { ...OF_THE_VAULT, ...OF_OTHERS };

/** All that can be asked, and what is reserved within it. */
export const QUESTIONS: readonly Question[] = [
  ...Object.entries(BY_PERMISSION).map(([permission, asked]) => ({ permission: permission as Permission, ...asked })),
  ...(['principal.bind_role', 'principal.unbind_role'] as const).map((permission) => ({
    permission,
    variant: 'of internal_admin',
    reserved: 'internal_admin' as const,
    ...binding('internal_admin'),
  })),
  ...(['list', 'replay'] as const).map((verb) => ({
    permission: `parked.${verb}` as const,
    variant: 'of the anomaly-detector',
    service: 'anomaly',
    ...parkedOf('anomaly', verb),
  })),
];
