/** Explanations over HTTP. */
import type { Explanation } from '@keytrail/contracts';
import { Controller } from '@nestjs/common';
import type { Call } from '../http/call.js';
import { Route } from '../http/route.js';
import { Upstream } from '../rpc/upstream.js';
import { explainAccess } from './explain.routes.js';

@Controller()
export class ExplainController {
  constructor(private readonly upstream: Upstream) {}

  @Route(explainAccess)
  explain(call: Call<typeof explainAccess>): Promise<Explanation> {
    const { workspace, ...body } = call.body;
    return this.upstream.ask(call, { service: 'vault', workspace, aggregate: 'access', verb: 'explain', body });
  }
}
