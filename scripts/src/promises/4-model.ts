/** The model of promise 4: what each of its people may ask, of secrets in every state, and what has to come of it. */
import type { DenialReason, Permission } from '@keytrail/contracts';
import type { Attempt } from './4-denials.judge.js';
import type { Seeded } from './seeded.js';

export const WORKSPACE = 'promise-4';
/** One of its policies cannot be evaluated. */
export const BROKEN = 'promise-4-broken';
/** Nobody has made it. */
const NOWHERE = 'promise-4-nowhere';

/** A request, and what has to come of it. */
export interface Plan extends Pick<Attempt, 'permission' | 'subject' | 'due'> {
  /** That the request is addressed to. */
  readonly workspace: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Who takes part, by what is special about them. */
export const PEOPLE = ['member', 'everywhere', 'stranger', 'suspect', 'scoped', 'lead'] as const;
export type Name = (typeof PEOPLE)[number];

type Choice = (random: Seeded) => Plan;

interface State {
  readonly reason: DenialReason | null;
  readonly key: string;
  readonly version?: number;
}

/** Secrets with which nothing is wrong. */
export const OPEN_SECRETS = 8;
const ABSENT = 64;
const openSecret = (random: Seeded): string => `open_${random.below(OPEN_SECRETS)}`;
const absentSecret = (random: Seeded): string => `absent_${random.below(ABSENT)}`;

/** What whoever may ask finds. */
const STATES: readonly ((random: Seeded) => State)[] = [
  (random) => ({ key: openSecret(random), reason: null }),
  (random) => ({ key: openSecret(random), reason: null }),
  () => ({ key: 'renewed', version: 2, reason: null }),
  (random) => ({ key: absentSecret(random), reason: 'secret.not_found' }),
  () => ({ key: 'deleted', reason: 'secret.deleted' }),
  () => ({ key: 'held', reason: 'secret.quarantined' }),
  () => ({ key: 'disabled', reason: 'secret.disabled' }),
  () => ({ key: 'revoked', reason: 'secret.revoked' }),
  (random) => ({ key: openSecret(random), version: 7, reason: 'version.not_found' }),
  () => ({ key: 'renewed', version: 1, reason: 'version.revoked' }),
  () => ({ key: 'expired', reason: 'version.expired' }),
];

/** The reasons that have to come up. */
export const REASONS: readonly DenialReason[] = [
  'principal.not_permitted',
  'principal.quarantined',
  'credential.out_of_scope',
  'policy.forbidden',
  'policy.failed',
  'principal.suspended',
  'credential.revoked',
  'workspace.not_found',
  'secret.not_found',
  'secret.deleted',
  'secret.quarantined',
  'secret.disabled',
  'secret.revoked',
  'version.not_found',
  'version.revoked',
  'version.expired',
];

export const referenceIn = (workspace: string, key: string): string => `tenant.${workspace}.openai.${key}`;

interface Decrypt {
  readonly key: string;
  readonly due: Plan['due'];
  readonly workspace?: string;
  /** Beside the reference. */
  readonly more?: Plan['body'];
}

export function decryptPlan({ key, due, workspace = WORKSPACE, more = {} }: Decrypt): Plan {
  const reference = referenceIn(workspace, key);
  return { permission: 'secret.decrypt', subject: reference, workspace, due, body: { reference, ...more } };
}

/** Of a secret in each state: with a reason for whoever may not ask, else as it is found. */
const everySecret = (reason: DenialReason | null = null): readonly Choice[] =>
  STATES.map((stateOf) => (random) => {
    const { key, version, reason: found } = stateOf(random);
    return decryptPlan({ key, due: reason ?? found, ...(version !== undefined && { more: { version } }) });
  });
const anySecret =
  (reason: DenialReason): Choice =>
  (random) =>
    random.pick(everySecret(reason))(random);

export const FORBIDDEN_PURPOSE = 'promise 4 forbids it';
/** Of whoever may not ask the policy is not asked. */
const forbidden =
  (due: DenialReason = 'policy.forbidden'): Choice =>
  (random) =>
    decryptPlan({
      key: random.pick([openSecret, absentSecret])(random),
      due,
      more: { purpose: FORBIDDEN_PURPOSE },
    });

/** Of a form that nobody decides on. */
const MALFORMED: readonly ((reference: string) => Plan['body'])[] = [
  () => ({}),
  () => ({ reference: 'tenant.promise-4' }),
  (reference) => ({ reference, version: 0 }),
  (reference) => ({ reference, value: 'please' }),
  (reference) => ({ reference, repeatOf: 'not an id' }),
  () => ({ reference: referenceIn(BROKEN, 'open') }),
];
const malformed: Choice = (random) => {
  const plan = decryptPlan({ key: openSecret(random), due: 'malformed' });
  return { ...plan, body: random.pick(MALFORMED)(plan.subject) };
};

const inRoom = (permission: Permission, body: Plan['body'], workspace = WORKSPACE) =>
  ({ permission, subject: workspace, workspace, body }) as const;
const onSecret = (permission: Permission, body: Plan['body'] = {}) => {
  const reference = referenceIn(WORKSPACE, 'open_0');
  return { ...inRoom(permission, { reference, ...body }), subject: reference } as const;
};

/** Changes and looks, none of which any of the actors may. */
const OPERATIONS: readonly Omit<Plan, 'due'>[] = [
  onSecret('secret.revoke'),
  onSecret('secret.delete'),
  onSecret('secret.disable'),
  inRoom('workspace.configure', { twoPersonRelease: false }),
  inRoom('policy.withdraw', { name: 'promise-4' }),
  inRoom('principal.list', {}, '_system'),
  inRoom('workspace.get', {}, '_system'),
];
export const operationPlan =
  (due: DenialReason): Choice =>
  (random) => ({ ...random.pick(OPERATIONS), due });
/** Within the scopes of the one token that has any. */
const lookAtSecret =
  (due: DenialReason): Choice =>
  () => ({ ...onSecret('secret.get'), due });

/** Of one operation the body is looked at before anybody is: it has to say which secret. */
const nameless: Choice = () => ({ ...inRoom('secret.get', {}), due: 'malformed' });

const NOT_PERMITTED = 'principal.not_permitted';

export const CHOICES: Readonly<Record<Name, readonly Choice[]>> = {
  member: [...everySecret(), forbidden(), malformed, operationPlan(NOT_PERMITTED)],
  everywhere: [
    ...everySecret(),
    () => decryptPlan({ key: 'open', due: 'policy.failed', workspace: BROKEN }),
    (random) => decryptPlan({ key: absentSecret(random), due: 'workspace.not_found', workspace: NOWHERE }),
    malformed,
  ],
  stranger: [anySecret(NOT_PERMITTED), forbidden(NOT_PERMITTED), operationPlan(NOT_PERMITTED), malformed, nameless],
  suspect: [anySecret('principal.quarantined'), operationPlan('principal.quarantined'), malformed],
  scoped: [
    anySecret('credential.out_of_scope'),
    operationPlan('credential.out_of_scope'),
    lookAtSecret(NOT_PERMITTED),
    nameless,
  ],
  lead: [operationPlan(NOT_PERMITTED), anySecret(NOT_PERMITTED)],
};

/** Of the stranger, who floods: about more secrets than events name. */
export const floodPlan: Choice = (random) =>
  random.percent(50)
    ? decryptPlan({ key: absentSecret(random), due: NOT_PERMITTED })
    : anySecret(NOT_PERMITTED)(random);

/** Of somebody whose credential is good for nothing any more: of secrets, and of all else. */
export const fallenPlan =
  (due: DenialReason): Choice =>
  (random) =>
    random.pick([anySecret, operationPlan])(due)(random);

/** What there is and what there is not, to whoever may have neither. */
export const SIGHTS: Readonly<Record<string, string>> = {
  'one that is there': 'open_0',
  'one that is not': 'absent_0',
  'a deleted one': 'deleted',
  'one in quarantine': 'held',
  'a disabled one': 'disabled',
  'a revoked one': 'revoked',
};
