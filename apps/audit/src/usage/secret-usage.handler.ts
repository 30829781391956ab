/** Answers how secrets have been used, one at a time or all at a glance. */
import type { SecretUsage, SecuritySummary } from '@keytrail/contracts';
import { Reference } from '@keytrail/contracts';
import type { IQueryHandler } from '@nestjs/cqrs';
import { Query, QueryHandler } from '@nestjs/cqrs';
import { entriesThatFit } from '../event/audit-event.page.js';
import { AuditEventStore } from '../event/audit-event.store.js';
import { SecretUsageStore, type SecuritySearch } from './secret-usage.store.js';

const LATEST_ITEMS = 50;

export class GetSecretUsage extends Query<SecretUsage> {
  constructor(readonly reference: Reference) {
    super();
  }
}

@QueryHandler(GetSecretUsage)
export class GetSecretUsageHandler implements IQueryHandler<GetSecretUsage> {
  constructor(
    private readonly usages: SecretUsageStore,
    private readonly events: AuditEventStore,
  ) {}

  async execute({ reference }: GetSecretUsage): Promise<SecretUsage> {
    const [usage, latest] = await Promise.all([
      this.usages.get(reference),
      this.events.latestAccesses(reference, LATEST_ITEMS),
    ]);
    return { ...usage, items: entriesThatFit(latest) };
  }
}

export class GetSecuritySummary extends Query<SecuritySummary> {
  constructor(readonly search: SecuritySearch) {
    super();
  }
}

@QueryHandler(GetSecuritySummary)
export class GetSecuritySummaryHandler implements IQueryHandler<GetSecuritySummary> {
  constructor(private readonly usages: SecretUsageStore) {}

  async execute({ search }: GetSecuritySummary): Promise<SecuritySummary> {
    const found = await this.usages.summary({ ...search, limit: search.limit + 1 });
    const items = found.slice(0, search.limit);
    const last = items.at(-1);
    return { items, nextCursor: last !== undefined && items.length < found.length ? cursorOf(last.reference) : null };
  }
}

/** Opaque to the caller: base64url of the last reference of a page. */
const cursorOf = (reference: Reference): string => Buffer.from(reference).toString('base64url');

/** The reference in a cursor, or null where it is not one that {@link GetSecuritySummary} answers. */
export function referenceIn(cursor: string): Reference | null {
  return Reference.safeParse(Buffer.from(cursor, 'base64url').toString()).data ?? null;
}
