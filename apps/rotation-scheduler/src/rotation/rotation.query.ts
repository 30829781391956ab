/** Answers what is asked about policies and runs. */
import type { RotationPolicyPage, RotationRunPage } from '@keytrail/contracts';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { pageOf } from './rotation.page.js';
import { type PolicySearch, RotationStore, type RunSearch } from './rotation.store.js';

export class FindRotationPolicies extends Query<RotationPolicyPage> {
  constructor(readonly search: PolicySearch) {
    super();
  }
}

@QueryHandler(FindRotationPolicies)
export class FindRotationPoliciesHandler implements IQueryHandler<FindRotationPolicies> {
  constructor(private readonly store: RotationStore) {}

  async execute({ search }: FindRotationPolicies): Promise<RotationPolicyPage> {
    const { due, limit } = search;
    const found = await this.store.findPolicies({ ...search, limit: limit + 1 });
    return pageOf(found, limit, ({ nextRotationAt, reference }) => (due ? [nextRotationAt, reference] : [reference]));
  }
}

export class FindRotationRuns extends Query<RotationRunPage> {
  constructor(readonly search: RunSearch) {
    super();
  }
}

@QueryHandler(FindRotationRuns)
export class FindRotationRunsHandler implements IQueryHandler<FindRotationRuns> {
  constructor(private readonly store: RotationStore) {}

  async execute({ search }: FindRotationRuns): Promise<RotationRunPage> {
    const found = await this.store.findRuns({ ...search, limit: search.limit + 1 });
    return pageOf(found, search.limit, ({ startedAt, id }) => [startedAt, id]);
  }
}
