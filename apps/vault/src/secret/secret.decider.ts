/**
 * The rules of a secret: its versions are numbered without gaps, the last is current, a revocation is final for those
 * it meets.
 */
import { extended, isInForce, isUndisputed, type QuarantineState } from '@keytrail/access';
import type {
  Principal,
  RotationId,
  SecretEvent,
  SecretId,
  SecretRejectionCode,
  VersionFacts,
} from '@keytrail/contracts';
import { LIMITS, unreachable } from '@keytrail/contracts';
import type { Decider, Decision, Rejection } from '@keytrail/eventsourcing';
import { accept, reject } from '@keytrail/eventsourcing';

export interface CreateSecret {
  readonly type: 'CreateSecret';
  readonly secretId: SecretId;
  readonly version: VersionFacts;
}

export interface AddSecretVersion {
  readonly type: 'AddSecretVersion';
  readonly version: VersionFacts;
}

/** A rotation's own way to a new version: unlike a person's, it re-authorises nothing. */
export interface RotateSecret {
  readonly type: 'RotateSecret';
  readonly version: VersionFacts;
  readonly rotationId: RotationId;
}

export interface RevokeSecret {
  readonly type: 'RevokeSecret';
}

/** Switches it off or on, or hides it or brings it back. */
export interface TurnSecret {
  readonly type: 'DisableSecret' | 'EnableSecret' | 'DeleteSecret' | 'UndeleteSecret';
}

/** `principal`: the one who is held back; null for everybody. `until` is RFC 3339; null: until it is released. */
export interface QuarantineSecret {
  readonly type: 'QuarantineSecret';
  readonly principal: Principal | null;
  readonly until: string | null;
  /** RFC 3339: quarantines that have ended by then count for nothing. */
  readonly now: string;
}

/** Where `byTwo`, the release takes another person than the one who asks first. */
export interface ReleaseSecret {
  readonly type: 'ReleaseSecret';
  readonly principal: Principal | null;
  readonly by: Principal;
  readonly byTwo: boolean;
}

export type SecretCommand =
  CreateSecret | AddSecretVersion | RotateSecret | RevokeSecret | TurnSecret | QuarantineSecret | ReleaseSecret;

/** What the rules need to know of a version; its number is its place in the list, from 1. */
export interface VersionState {
  readonly keyId: string;
  /** RFC 3339; null where it never expires. */
  readonly expiresAt: string | null;
}

export type SecretState = NoSecret | ExistingSecret;

export interface NoSecret {
  readonly exists: false;
}

export interface ExistingSecret {
  readonly exists: true;
  readonly secretId: SecretId;
  readonly versions: readonly VersionState[];
  /** Every version up to this one is revoked; 0 where none is. */
  readonly revokedThrough: number;
  readonly disabled: boolean;
  readonly deleted: boolean;
  /** One for everybody at most, and one for each principal; those whose time has passed may still be among them. */
  readonly quarantines: readonly QuarantineState[];
}

export type SecretRejection = Rejection<SecretRejectionCode>;
type SecretDecision = Decision<SecretEvent, SecretRejection>;

export const secretDecider: Decider<SecretState, SecretCommand, SecretEvent, SecretRejection> = {
  initial: { exists: false },
  decide,
  evolve,
  withdraws,
};

/** The number that the next version bears. */
export const nextVersion = (state: SecretState): number => (state.exists ? state.versions.length + 1 : 1);

function decide(command: SecretCommand, state: SecretState): SecretDecision {
  switch (command.type) {
    case 'CreateSecret':
      return create(command, state);
    case 'AddSecretVersion':
      return state.exists ? addVersion(command, state) : notFound;
    case 'RotateSecret':
      return state.exists ? rotate(command, state) : notFound;
    case 'RevokeSecret':
      return state.exists ? revoke(state) : notFound;
    case 'DisableSecret':
    case 'EnableSecret':
    case 'DeleteSecret':
    case 'UndeleteSecret':
      return state.exists ? turn(command, state) : notFound;
    case 'QuarantineSecret':
      return state.exists ? quarantine(command, state) : notFound;
    case 'ReleaseSecret':
      return state.exists ? release(command, state) : notFound;
    default:
      return unreachable(command);
  }
}

function create({ secretId, version }: CreateSecret, state: SecretState): SecretDecision {
  if (state.exists) {
    return reject('secret.already_exists', 'a secret of this reference exists: add a version to it instead');
  }
  return accept({ type: 'SecretCreated', data: { ...version, secretId } });
}

function addVersion({ version }: AddSecretVersion, state: ExistingSecret): SecretDecision {
  if (state.deleted) return deleted;
  if (isFull(state)) return full;
  if (version.version !== nextVersion(state)) return anotherCameFirst;
  return accept({ type: 'SecretVersionAdded', data: version });
}

function rotate({ version, rotationId }: RotateSecret, state: ExistingSecret): SecretDecision {
  if (state.deleted) return deleted;
  if (state.disabled) return disabled;
  if (isRevoked(state)) return revoked;
  if (isFull(state)) return full;
  if (version.version !== nextVersion(state)) return anotherCameFirst;
  return accept({ type: 'SecretVersionAdded', data: { ...version, rotationId } });
}

function revoke(state: ExistingSecret): SecretDecision {
  if (isRevoked(state)) return accept();
  return accept({ type: 'SecretRevoked', data: { throughVersion: state.versions.length } });
}

function turn({ type }: TurnSecret, state: ExistingSecret): SecretDecision {
  switch (type) {
    case 'DisableSecret':
      if (state.deleted) return deleted;
      return state.disabled ? accept() : accept({ type: 'SecretDisabled', data: {} });
    case 'EnableSecret':
      if (state.deleted) return deleted;
      return state.disabled ? accept({ type: 'SecretEnabled', data: {} }) : accept();
    case 'DeleteSecret':
      return state.deleted ? accept() : accept({ type: 'SecretDeleted', data: {} });
    case 'UndeleteSecret':
      return state.deleted ? accept({ type: 'SecretUndeleted', data: {} }) : accept();
    default:
      return unreachable(type);
  }
}

function quarantine({ principal, until, now }: QuarantineSecret, { quarantines }: ExistingSecret): SecretDecision {
  const singly = quarantines.filter((each) => each.principal !== null && isInForce(each, Date.parse(now)));
  const others = singly.filter((each) => each.principal !== principal);
  // However many are held back, everybody can be.
  if (principal !== null && others.length >= LIMITS.quarantinesPerSecret) return tooManyQuarantines;
  const standing = quarantines.find((each) => each.principal === principal) ?? null;
  const end = extended(standing, until, Date.parse(now));
  if (isUndisputed(standing, end)) return accept();
  return accept({ type: 'SecretQuarantined', data: { ...of(principal), ...(end !== null && { until: end }) } });
}

function release({ principal, by, byTwo }: ReleaseSecret, { quarantines }: ExistingSecret): SecretDecision {
  const standing = quarantines.find((each) => each.principal === principal);
  if (standing === undefined) return notQuarantined;
  const { releaseRequestedBy: first } = standing;
  if (!byTwo || (first !== null && first !== by)) return accept({ type: 'SecretReleased', data: of(principal) });
  return first === by ? accept() : accept({ type: 'SecretReleaseRequested', data: { ...of(principal), by } });
}

const of = (principal: Principal | null) => (principal === null ? {} : { principal });

/** Whether nobody may obtain its current version. */
const isRevoked = ({ versions, revokedThrough }: ExistingSecret): boolean => revokedThrough === versions.length;

/** A stream is loaded whole, also to revoke: so it must not grow for ever. */
const isFull = ({ versions }: ExistingSecret): boolean => versions.length >= LIMITS.versionsPerSecret;

const full = reject(
  'secret.version_limit',
  `a secret has at most ${LIMITS.versionsPerSecret} versions: store the value under a new reference`,
);
const anotherCameFirst = reject('secret.revision_conflict', 'another version came first');
const revoked = reject(
  'secret.revoked',
  'the secret is revoked, and a rotation must not re-authorise it: add a version by hand',
);

const notFound = reject('secret.not_found', 'there is no secret of this reference: create it first');
const deleted = reject('secret.deleted', 'the secret is deleted: undelete it first');
const disabled = reject(
  'secret.disabled',
  'the secret is disabled, and nobody would obtain the new version: enable it first',
);
const notQuarantined = reject('secret.not_quarantined', 'there is no such quarantine of this secret');
const tooManyQuarantines = reject(
  'secret.quarantine_limit',
  `a secret is held back from at most ${LIMITS.quarantinesPerSecret} principals: hold it back from everybody`,
);

function evolve(state: SecretState, event: SecretEvent): SecretState {
  if (event.type === 'SecretCreated') {
    const { secretId } = event.data;
    const untouched = { revokedThrough: 0, disabled: false, deleted: false, quarantines: [] };
    return { exists: true, secretId, versions: [versionOf(event.data)], ...untouched };
  }
  return state.exists ? evolveExisting(state, event) : state;
}

function evolveExisting(state: ExistingSecret, event: Exclude<SecretEvent, { type: 'SecretCreated' }>): ExistingSecret {
  switch (event.type) {
    case 'SecretVersionAdded':
      return { ...state, versions: [...state.versions, versionOf(event.data)] };
    case 'SecretRevoked':
      return { ...state, revokedThrough: event.data.throughVersion };
    case 'SecretDisabled':
    case 'SecretEnabled':
      return { ...state, disabled: event.type === 'SecretDisabled' };
    case 'SecretDeleted':
    case 'SecretUndeleted':
      return { ...state, deleted: event.type === 'SecretDeleted' };
    case 'SecretQuarantined': {
      const { principal = null, until = null } = event.data;
      return { ...state, quarantines: [...without(state, principal), { principal, until, releaseRequestedBy: null }] };
    }
    case 'SecretReleaseRequested': {
      const { principal = null, by } = event.data;
      const asked = (each: QuarantineState) =>
        each.principal === principal ? { ...each, releaseRequestedBy: by } : each;
      return { ...state, quarantines: state.quarantines.map(asked) };
    }
    case 'SecretReleased':
      return { ...state, quarantines: without(state, event.data.principal ?? null) };
    default:
      return unreachable(event);
  }
}

const without = ({ quarantines }: ExistingSecret, principal: Principal | null): readonly QuarantineState[] =>
  quarantines.filter((each) => each.principal !== principal);

function withdraws({ type }: SecretEvent): boolean {
  switch (type) {
    case 'SecretCreated':
    case 'SecretVersionAdded':
    case 'SecretEnabled':
    case 'SecretUndeleted':
    case 'SecretReleaseRequested':
    case 'SecretReleased':
      return false;
    case 'SecretRevoked':
    case 'SecretDisabled':
    case 'SecretDeleted':
    case 'SecretQuarantined':
      return true;
    default:
      return unreachable(type);
  }
}

function versionOf({ keyId, expiresAt }: VersionFacts): VersionState {
  return { keyId, expiresAt: expiresAt ?? null };
}
