/** Policies over HTTP. */
import type { PolicyCheck, PolicyDescription, PolicyList, Workspace } from '@keytrail/contracts';
import { Controller } from '@nestjs/common';
import type { Call } from '../http/call.js';
import { Route } from '../http/route.js';
import { Upstream, type Question } from '../rpc/upstream.js';
import { checkPolicy, getPolicy, listPolicies, publishPolicy, withdrawPolicy } from './policy.routes.js';

@Controller()
export class PolicyController {
  constructor(private readonly upstream: Upstream) {}

  @Route(checkPolicy)
  check(call: Call<typeof checkPolicy>): Promise<PolicyCheck> {
    return this.upstream.ask(call, policy('check', { ...call.params, ...call.body }));
  }

  @Route(publishPolicy)
  publish(call: Call<typeof publishPolicy>): Promise<PolicyDescription> {
    return this.upstream.ask(call, policy('publish', { ...call.params, ...call.body }));
  }

  @Route(getPolicy)
  get(call: Call<typeof getPolicy>): Promise<PolicyDescription> {
    return this.upstream.ask(call, policy('get', { ...call.params, ...call.query }));
  }

  @Route(withdrawPolicy)
  withdraw(call: Call<typeof withdrawPolicy>): Promise<PolicyDescription> {
    return this.upstream.ask(call, policy('withdraw', call.params));
  }

  @Route(listPolicies)
  list(call: Call<typeof listPolicies>): Promise<PolicyList> {
    return this.upstream.ask(call, policy('list', call.params));
  }
}

/** The workspace stands in the address alone. */
function policy(verb: string, { workspace, ...body }: { readonly workspace: Workspace }): Question {
  return { service: 'vault', workspace, aggregate: 'policy', verb, body };
}
