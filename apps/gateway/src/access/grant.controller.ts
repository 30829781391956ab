/** Grants over HTTP. */
import {
  SYSTEM_WORKSPACE,
  workspaceOfPattern,
  type GrantDescription,
  type GrantPage,
  type Workspace,
} from '@keytrail/contracts';
import { Controller } from '@nestjs/common';
import type { Call } from '../http/call.js';
import { Route } from '../http/route.js';
import { Upstream, type Question } from '../rpc/upstream.js';
import { giveGrant, listGrants, withdrawGrant } from './grant.routes.js';

@Controller()
export class GrantController {
  constructor(private readonly upstream: Upstream) {}

  @Route(giveGrant)
  give(call: Call<typeof giveGrant>): Promise<GrantDescription> {
    return this.upstream.ask(call, grant('give', workspaceOfPattern(call.body.pattern), call.body));
  }

  @Route(listGrants)
  list(call: Call<typeof listGrants>): Promise<GrantPage> {
    const { workspace = SYSTEM_WORKSPACE, ...search } = call.query;
    return this.upstream.ask(call, grant('list', workspace, search));
  }

  @Route(withdrawGrant)
  withdraw(call: Call<typeof withdrawGrant>): Promise<GrantDescription> {
    const { workspace = SYSTEM_WORKSPACE } = call.query;
    return this.upstream.ask(call, grant('withdraw', workspace, call.params));
  }
}

function grant(verb: string, workspace: Workspace, body: object): Question {
  return { service: 'vault', workspace, aggregate: 'grant', verb, body };
}
