/** A secret as it is shown: everything but its value. */
import type {
  Reference,
  SecretDescription,
  SecretEvent,
  SecretVersionDescription,
  VersionFacts,
} from '@keytrail/contracts';
import { LIMITS, partsOf, unreachable } from '@keytrail/contracts';
import type { Recorded } from '@keytrail/eventsourcing';

/** Null for a secret without a history: it does not exist. */
export function describeSecret(
  reference: Reference,
  history: readonly Recorded<SecretEvent>[],
): SecretDescription | null {
  const [first, last] = [history[0], history.at(-1)];
  if (first?.event.type !== 'SecretCreated' || last === undefined) return null;
  const versions = history.reduce(withEvent, []);
  const current = versions.at(-1) as SecretVersionDescription;
  return {
    id: first.event.data.secretId,
    reference,
    ...partsOf(reference),
    status: current.status,
    currentVersion: current.version,
    revision: history.length,
    createdAt: first.time,
    updatedAt: last.time,
    versions: versions.slice(-LIMITS.describedVersions),
  };
}

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
