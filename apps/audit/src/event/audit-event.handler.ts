/** Answers what is asked about events. */
import type { AuditEventPage } from '@keytrail/contracts';
import type { IQueryHandler } from '@nestjs/cqrs';
import { Query, QueryHandler } from '@nestjs/cqrs';
import { pageOf } from './audit-event.page.js';
import type { AuditEventSearch } from './audit-event.store.js';
import { AuditEventStore } from './audit-event.store.js';

export class FindAuditEvents extends Query<AuditEventPage> {
  constructor(readonly search: AuditEventSearch) {
    super();
  }
}

@QueryHandler(FindAuditEvents)
export class FindAuditEventsHandler implements IQueryHandler<FindAuditEvents> {
  constructor(private readonly store: AuditEventStore) {}

  async execute({ search }: FindAuditEvents): Promise<AuditEventPage> {
    const found = await this.store.find({ ...search, limit: search.limit + 1 });
    return pageOf(found, search.limit);
  }
}
