/**
 * The rules of a secret: its versions are numbered without gaps, the last is current, a revocation is final for those
 * it meets.
 */
import type { RotationId, SecretEvent, SecretId, SecretRejectionCode, VersionFacts } from '@keytrail/contracts';
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

export type SecretCommand = CreateSecret | AddSecretVersion | RotateSecret | RevokeSecret;

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
  if (isFull(state)) return full;
  if (version.version !== nextVersion(state)) return anotherCameFirst;
  return accept({ type: 'SecretVersionAdded', data: version });
}

function rotate({ version, rotationId }: RotateSecret, state: ExistingSecret): SecretDecision {
  if (isRevoked(state)) return revoked;
  if (isFull(state)) return full;
  if (version.version !== nextVersion(state)) return anotherCameFirst;
  return accept({ type: 'SecretVersionAdded', data: { ...version, rotationId } });
}

function revoke(state: ExistingSecret): SecretDecision {
  if (isRevoked(state)) return accept();
  return accept({ type: 'SecretRevoked', data: { throughVersion: state.versions.length } });
}

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

function evolve(state: SecretState, event: SecretEvent): SecretState {
  switch (event.type) {
    case 'SecretCreated':
      return { exists: true, secretId: event.data.secretId, versions: [versionOf(event.data)], revokedThrough: 0 };
    case 'SecretVersionAdded':
      return state.exists ? { ...state, versions: [...state.versions, versionOf(event.data)] } : state;
    case 'SecretRevoked':
      return state.exists ? { ...state, revokedThrough: event.data.throughVersion } : state;
    default:
      return unreachable(event);
  }
}

function withdraws({ type }: SecretEvent): boolean {
  switch (type) {
    case 'SecretCreated':
    case 'SecretVersionAdded':
      return false;
    case 'SecretRevoked':
      return true;
    default:
      return unreachable(type);
  }
}

function versionOf({ keyId, expiresAt }: VersionFacts): VersionState {
  return { keyId, expiresAt: expiresAt ?? null };
}
