/** Answers what may be shown of principals. */
import type { Principal, PrincipalDescription, PrincipalPage, RpcReply } from '@keytrail/contracts';
import { ok, refused } from '@keytrail/nats';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { pageOf } from './principal.page.js';
import { type PrincipalSearch, PrincipalStore } from './principal.store.js';

export class DescribePrincipal extends Query<RpcReply<PrincipalDescription>> {
  constructor(readonly principal: Principal) {
    super();
  }
}

@QueryHandler(DescribePrincipal)
export class DescribePrincipalHandler implements IQueryHandler<DescribePrincipal> {
  constructor(private readonly store: PrincipalStore) {}

  async execute({ principal }: DescribePrincipal): Promise<RpcReply<PrincipalDescription>> {
    const described = await this.store.describe(principal);
    return described === null ? refused('principal.not_found', 'there is no such principal') : ok(described);
  }
}

export class FindPrincipals extends Query<PrincipalPage> {
  constructor(readonly search: PrincipalSearch) {
    super();
  }
}

@QueryHandler(FindPrincipals)
export class FindPrincipalsHandler implements IQueryHandler<FindPrincipals> {
  constructor(private readonly store: PrincipalStore) {}

  async execute({ search }: FindPrincipals): Promise<PrincipalPage> {
    return pageOf(await this.store.find({ ...search, limit: search.limit + 1 }), search.limit);
  }
}
