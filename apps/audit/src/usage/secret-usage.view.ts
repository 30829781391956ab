/** How secrets are used: what a batch of events adds to the counts of each reference. */
import type { Principal, Reference } from '@keytrail/contracts';
import { z } from 'zod';
import type { AuditFacts } from '../event/audit-event.view.js';

/** Counts, and the last access that succeeded; RFC 3339. */
export interface Usage {
  readonly reference: Reference;
  readonly decrypted: number;
  readonly denied: number;
  readonly lastUsedAt: string | null;
  readonly lastUsedBy: Principal | null;
  /** When the latest anomaly of its use was detected; RFC 3339. */
  readonly accessAnomalyDetectedAt: string | null;
}

/** What the events add, by reference; they are in order, and of equal times the later one counts as the last. */
export function usageIn(events: readonly AuditFacts[]): readonly Usage[] {
  const usages = new Map<Reference, Usage>();
  for (const event of events) {
    if (event.reference === null) continue;
    const before = usages.get(event.reference) ?? unused(event.reference);
    const after = withEvent(before, event);
    if (after !== before) usages.set(event.reference, after);
  }
  return [...usages.values()];
}

export const unused = (reference: Reference): Usage => ({
  reference,
  decrypted: 0,
  denied: 0,
  lastUsedAt: null,
  lastUsedBy: null,
  accessAnomalyDetectedAt: null,
});

function withEvent(usage: Usage, { action, time, principal, details }: AuditFacts): Usage {
  switch (action) {
    case 'decrypt': {
      const counted = { ...usage, decrypted: usage.decrypted + 1 };
      const isLast = usage.lastUsedAt === null || time >= usage.lastUsedAt;
      return isLast ? { ...counted, lastUsedAt: time, lastUsedBy: principal } : counted;
    }
    case 'access_denied':
      return { ...usage, denied: usage.denied + countOf(details['count']) };
    case 'anomaly_detected':
      return { ...usage, accessAnomalyDetectedAt: laterOf(usage.accessAnomalyDetectedAt, time) };
    case 'create':
      // From now on it is told, though nobody has used it yet.
      return { ...usage };
    default:
      return usage;
  }
}

const laterOf = (one: string | null, other: string): string => (one !== null && one > other ? one : other);

/** At most nine digits, so that no sum of them outgrows its column. */
const Count = z.int().min(1).max(999_999_999);

/** Denials may come coalesced; one that does not say how many it stands for is one. */
export const countOf = (count: unknown): number => Count.safeParse(count).data ?? 1;
