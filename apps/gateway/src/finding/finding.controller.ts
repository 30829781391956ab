/** Findings over HTTP. */
import { SYSTEM_WORKSPACE, type Finding, type FindingPage } from '@keytrail/contracts';
import { Controller } from '@nestjs/common';
import type { Call } from '../http/call.js';
import { Route } from '../http/route.js';
import { Upstream } from '../rpc/upstream.js';
import { getFinding, listFindings } from './finding.routes.js';

@Controller()
export class FindingController {
  constructor(private readonly upstream: Upstream) {}

  @Route(listFindings)
  list(call: Call<typeof listFindings>): Promise<FindingPage> {
    const workspace = call.query.workspace ?? SYSTEM_WORKSPACE;
    return this.upstream.ask(call, { ...findings, workspace, verb: 'list', body: call.query });
  }

  @Route(getFinding)
  get(call: Call<typeof getFinding>): Promise<Finding> {
    const workspace = call.query.workspace ?? SYSTEM_WORKSPACE;
    return this.upstream.ask(call, { ...findings, workspace, verb: 'get', body: call.params });
  }
}

const findings = { service: 'anomaly', aggregate: 'finding' } as const;
