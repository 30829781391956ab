/** The end of the demo: what the audit holds of it, held against what the demo has seen. */
import { type AuditEntry, SYSTEM_WORKSPACE } from '@keytrail/contracts';
import type { GatewayApi } from '../gateway-api.js';
import type { Cast } from './cast.js';
import { eventually } from './eventually.js';
import type { Telling } from './telling.js';

export interface Seen {
  /** Of the receipts that billing holds. */
  readonly eventIds: readonly string[];
  /** When the demo began. */
  readonly since: string;
}

export async function readAudit({ analyst, principals }: Cast, seen: Seen, { say, curl }: Telling) {
  say('\n10. The analyst reads in the audit who obtained what, each access once, and who did all the rest:');
  curl('analyst', `'~/audit/events?from=${seen.since}&limit=1000'`);
  const entries = await entriesOf(analyst, seen);
  const decrypts = entries.filter(({ action }) => action === 'decrypt');
  const everyAccessAudited = isSameSet(
    decrypts.map(({ id }) => id),
    seen.eventIds,
  );
  say(`   ${entries.length} entries, ${decrypts.length} decrypts, each with its receipt: ${everyAccessAudited}`);
  for (const [who, count] of countsOf(entries)) say(`   ${who}: ${count}`);
  return {
    auditEvents: entries.length,
    everyAccessAudited,
    everyEntryNamesItsActor:
      entries.every(isNamed) && decrypts.every(({ principal }) => principal === principals.billing),
  };
}

/**
 * Once the audit holds as many of each action as there must be, which all others precede; or what it holds in the end.
 */
async function entriesOf(api: GatewayApi, { eventIds, since }: Seen): Promise<readonly AuditEntry[]> {
  const expected = {
    decrypt: eventIds.length,
    access_denied: 4,
    authentication_failed: 1,
    rotation_completed: 2,
    anomaly_detected: 1,
  };
  const entries = await eventually(
    () => api.list<AuditEntry>(`/audit/events?from=${since}&limit=1000`),
    (read) =>
      Object.entries(expected).every(
        ([action, count]) => read.filter((entry) => entry.action === action).length >= count,
      ),
  );
  // How many there are of these is a matter of timing: each process opens its own when it first needs one.
  return entries.filter(({ action }) => action !== 'session_opened');
}

/** A role is one in the entry's workspace: billing has none in the system's. */
const isNamed = ({ actor, actorKind, actorRole, workspace }: AuditEntry): boolean =>
  actor !== null && actorKind !== null && (actorRole !== null || workspace === SYSTEM_WORKSPACE);

/** Each once, on either side. */
function isSameSet(some: readonly unknown[], others: readonly unknown[]): boolean {
  return [new Set(some), new Set([...some, ...others])].every(
    ({ size }) => size === some.length && size === others.length,
  );
}

function countsOf(entries: readonly AuditEntry[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { actor, actorRole } of entries) {
    const who = `${actor} (${actorRole ?? 'no role in all workspaces'})`;
    counts.set(who, (counts.get(who) ?? 0) + 1);
  }
  return counts;
}
