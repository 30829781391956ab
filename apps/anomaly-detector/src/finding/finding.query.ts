/** Answers what is asked about findings. */
import type { Finding, FindingId, FindingPage } from '@keytrail/contracts';
import type { Database } from '@keytrail/postgres';
import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { DATABASE } from '../anomaly.ports.js';
import type { FindingSearch } from './finding.store.js';
import { findFindings, getFinding } from './finding.store.js';

export class FindFindings extends Query<FindingPage> {
  constructor(readonly search: FindingSearch) {
    super();
  }
}

@QueryHandler(FindFindings)
export class FindFindingsHandler implements IQueryHandler<FindFindings> {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  async execute({ search }: FindFindings): Promise<FindingPage> {
    const found = await findFindings(this.database, { ...search, limit: search.limit + 1 });
    const items = found.slice(0, search.limit);
    return { items, nextCursor: found.length > items.length ? (items.at(-1)?.id ?? null) : null };
  }
}

/** Null where there is none. */
export class GetFinding extends Query<Finding | null> {
  constructor(readonly id: FindingId) {
    super();
  }
}

@QueryHandler(GetFinding)
export class GetFindingHandler implements IQueryHandler<GetFinding> {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  execute({ id }: GetFinding): Promise<Finding | null> {
    return getFinding(this.database, id);
  }
}
