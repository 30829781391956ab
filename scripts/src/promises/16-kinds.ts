/** All by which somebody loses what they could obtain, and how it is given back where it can be. */
import { type GrantDescription, type IssuedToken, LIMITS, type SealingKeys } from '@keytrail/contracts';
import { mintConn } from '@keytrail/crypto';
import { type Requester, tokenRequester } from '../requester.js';
import type { System } from '../system.js';
import { sealedValue } from './sealed-value.js';
import type { Seeded } from './seeded.js';

export const WORKSPACE = 'promise-16';

/** Somebody with a session of their own. */
export interface Reader {
  readonly principal: string;
  readonly requester: Requester;
}

/** Who takes part in a lane of its own: two who look for what they may, and an administrator who takes it away. */
export interface Lane {
  readonly system: System;
  readonly name: string;
  readonly random: Seeded;
  readonly admin: Requester;
  readonly sealing: SealingKeys;
  /** Has the role. */
  readonly member: Reader;
  /** Has nothing. */
  readonly guest: Reader;
  /** References of secrets that are there for as long as it lasts. */
  readonly stock: readonly string[];
}

/** `operation` of the vault; without `workspace` in the one that all of this happens in. */
export interface Change {
  readonly operation: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly workspace?: string;
}

/** A right as it stands when an episode begins. */
export interface Right {
  readonly reader: Requester;
  /** The secret that is asked for next. */
  readonly reference: () => string;
  readonly withdraw: Change;
  /** Null where it never comes back. */
  readonly restore: Change | null;
  /** Leaves the lane as it was found. */
  readonly close?: () => Promise<unknown>;
}

/** Given a name that nobody else uses. */
type Kind = (lane: Lane, name: string) => Promise<Right>;

export const KINDS: Readonly<Record<string, Kind>> = {
  'a secret is revoked': ofSecret((reference) => [{ operation: 'secret.revoke', body: { reference } }, null]),
  'a secret is disabled': ofSecret(turned('disable', 'enable')),
  'a secret is deleted': ofSecret(turned('delete', 'undelete')),
  'a secret is quarantined': ofSecret(turned('quarantine', 'release')),
  'a principal is quarantined on a secret': ofSecret(turned('quarantine', 'release'), 'of the reader'),
  'a principal is quarantined': async (lane, name) => ({
    ...(await memberOn(lane, name)),
    withdraw: above('principal.quarantine', { principal: lane.member.principal, reason: 'drill' }),
    restore: above('principal.release', { principal: lane.member.principal }),
  }),
  'a role is unbound': async (lane, name) => ({
    ...(await memberOn(lane, name)),
    withdraw: above('principal.unbind_role', boundTo(lane.member)),
    restore: above('principal.bind_role', boundTo(lane.member)),
  }),
  'a grant is withdrawn': async (lane) => {
    const { principal, requester } = lane.guest;
    const body = { principal, pattern: `tenant.${WORKSPACE}.openai.*`, permissions: ['secret.decrypt'] };
    const give = { operation: 'grant.give', body };
    const { grantId } = await changed<GrantDescription>(lane.admin, give);
    return {
      reader: requester,
      reference: () => lane.random.pick(lane.stock),
      withdraw: { operation: 'grant.withdraw', body: { grantId } },
      restore: null,
    };
  },
  'a token is revoked': async (lane, name) => {
    const { token, tokenId } = await freshToken(lane);
    const reader = await tokenRequester(lane.system, { name, token });
    return {
      ...(await memberOn(lane, name)),
      reader,
      withdraw: above('token.revoke', { tokenId }),
      restore: null,
      close: () => reader.close(),
    };
  },
  'a policy forbids it': async (lane, name) => {
    const [publish, withdraw] = policy(`${lane.name}-forbids`, `forbid (${asked(lane.member)});`);
    return { ...(await memberOn(lane, name)), withdraw: publish, restore: withdraw };
  },
  'a policy permits it no more': async (lane) => {
    const [publish, withdraw] = policy(`${lane.name}-permits`, `permit (${asked(lane.guest)});`);
    await changed(lane.admin, publish);
    return {
      reader: lane.guest.requester,
      reference: () => lane.random.pick(lane.stock),
      withdraw,
      restore: null,
    };
  },
};

/**
 * Asks the vault for a change, and again where nobody knows whether it was done: by its command id it is done once.
 * Throws where it is refused.
 */
export async function changed<T>(
  { rpc }: Requester,
  { operation, body, workspace = WORKSPACE }: Change,
  commandId: string = mintConn(),
): Promise<T> {
  const [aggregate = '', verb = ''] = operation.split('.');
  const call = { service: 'vault', workspace, aggregate, verb, body, commandId };
  for (let attempt = 1; ; attempt++) {
    const reply = await rpc.request<T>({ ...call, deadlineMs: Date.now() + LIMITS.deadlineMaxMs });
    if (reply.ok) return reply.value;
    const { code, message, retryable } = reply.error;
    if (!retryable || attempt === ATTEMPTS) throw new Error(`${operation} was refused: ${code}, ${message}`);
  }
}

const ATTEMPTS = 10;

/** A secret of the workspace, of which nobody has made any use. */
export async function storeSecret({ admin, sealing }: Pick<Lane, 'admin' | 'sealing'>, name: string): Promise<string> {
  const reference = `tenant.${WORKSPACE}.openai.${name}`;
  const body = { reference, sealedValue: sealedValue(sealing, reference, name) };
  await changed(admin, { operation: 'secret.create', body });
  return reference;
}

/** A token is told once: whoever had to ask again gets another one. */
async function freshToken(lane: Lane): Promise<{ readonly token: string; readonly tokenId: string }> {
  const issue = above('token.issue', { principal: lane.member.principal, label: 'drill' });
  const { token, tokenId } = await changed<IssuedToken>(lane.admin, issue);
  return token === null ? freshToken(lane) : { token, tokenId };
}

type Turns = readonly [Change, Change | null];

function ofSecret(turns: (reference: string, whom: object) => Turns, whom?: 'of the reader'): Kind {
  return async (lane, name) => {
    const reference = await storeSecret(lane, `key_${name}`);
    const [withdraw, restore] = turns(reference, whom === undefined ? {} : { principal: lane.member.principal });
    return { reader: lane.member.requester, reference: () => reference, withdraw, restore };
  };
}

function turned(away: string, back: string) {
  return (reference: string, whom: object): Turns => [
    { operation: `secret.${away}`, body: { reference, ...whom, reason: 'drill' } },
    { operation: `secret.${back}`, body: { reference, ...whom } },
  ];
}

/** What is said of principals is said above all workspaces. */
const above = (operation: string, body: Change['body']): Change => ({ operation, body, workspace: '_system' });

const boundTo = ({ principal }: Reader) => ({ principal, role: 'service', workspace: WORKSPACE });

async function memberOn(lane: Lane, name: string): Promise<Pick<Right, 'reader' | 'reference'>> {
  const reference = await storeSecret(lane, `key_${name}`);
  return { reader: lane.member.requester, reference: () => reference };
}

const asked = ({ principal }: Reader): string =>
  `principal == Keytrail::Principal::"${principal}", action == Keytrail::Action::"secret.decrypt", resource`;

const policy = (name: string, source: string): readonly [Change, Change] => [
  { operation: 'policy.publish', body: { name, source } },
  { operation: 'policy.withdraw', body: { name } },
];
