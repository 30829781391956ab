/** A secret as it is shown: everything but its value. */
import { describeQuarantine } from '@keytrail/access';
import type {
  QuarantineDescription,
  Reference,
  SecretDescription,
  SecretEvent,
  SecretStatus,
  SecretVersionDescription,
  VersionFacts,
} from '@keytrail/contracts';
import { LIMITS, partsOf, unreachable } from '@keytrail/contracts';
import { fold, type Recorded } from '@keytrail/eventsourcing';
import { type ExistingSecret, secretDecider } from './secret.decider.js';

/** Null for a secret without a history: it does not exist. `nowMs` in epoch milliseconds: of what ends by itself. */
export function describeSecret(
  reference: Reference,
  history: readonly Recorded<SecretEvent>[],
  nowMs: number,
): SecretDescription | null {
  const [first, last] = [history[0], history.at(-1)];
  if (first?.event.type !== 'SecretCreated' || last === undefined) return null;
  const versions = history.reduce(withEvent, []);
  const current = versions.at(-1) as SecretVersionDescription;
  const state = fold(
    secretDecider,
    history.map(({ event }) => event),
  ) as ExistingSecret;
  return {
    id: first.event.data.secretId,
    reference,
    ...partsOf(reference),
    status: statusOf(state),
    quarantines: quarantinesOf(state, nowMs),
    currentVersion: current.version,
    revision: history.length,
    createdAt: first.time,
    updatedAt: last.time,
    versions: versions.slice(-LIMITS.describedVersions),
  };
}

/** The first that holds. */
export function statusOf({ deleted, disabled, revokedThrough, versions }: ExistingSecret): SecretStatus {
  if (deleted) return 'deleted';
  if (disabled) return 'disabled';
  return revokedThrough === versions.length ? 'revoked' : 'active';
}

/** Those that stand. */
export const quarantinesOf = ({ quarantines }: ExistingSecret, nowMs: number): QuarantineDescription[] =>
  quarantines.flatMap((each) => describeQuarantine(each, nowMs) ?? []);

type Versions = readonly SecretVersionDescription[];

function withEvent(versions: Versions, { event, time }: Recorded<SecretEvent>): SecretVersionDescription[] {
  switch (event.type) {
    case 'SecretCreated':
    case 'SecretVersionAdded':
      return [...versions, describeVersion(event.data, time)];
    case 'SecretRevoked':
      return versions.map((version) =>
        version.version <= event.data.throughVersion ? revokedAt(version, time) : version,
      );
    case 'SecretDisabled':
    case 'SecretEnabled':
    case 'SecretDeleted':
    case 'SecretUndeleted':
    case 'SecretQuarantined':
    case 'SecretReleaseRequested':
    case 'SecretReleased':
      return [...versions];
    default:
      return unreachable(event);
  }
}

function describeVersion({ version, fingerprint, expiresAt }: VersionFacts, time: string): SecretVersionDescription {
  return { version, status: 'active', fingerprint, createdAt: time, ...(expiresAt !== undefined && { expiresAt }) };
}

/** The first revocation is the one that counts. */
function revokedAt(version: SecretVersionDescription, time: string): SecretVersionDescription {
  return version.status === 'revoked' ? version : { ...version, status: 'revoked', revokedAt: time };
}
