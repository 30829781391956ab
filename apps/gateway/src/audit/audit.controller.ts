/** The audit over HTTP. */
import {
  partsOf,
  SYSTEM_WORKSPACE,
  type AuditEventPage,
  type SecretUsage,
  type SecuritySummary,
} from '@keytrail/contracts';
import { Controller } from '@nestjs/common';
import type { Call } from '../http/call.js';
import { Route } from '../http/route.js';
import { Upstream } from '../rpc/upstream.js';
import { getSecretUsage, getSecuritySummary, listAuditEvents } from './audit.routes.js';

@Controller()
export class AuditController {
  constructor(private readonly upstream: Upstream) {}

  @Route(listAuditEvents)
  list(call: Call<typeof listAuditEvents>): Promise<AuditEventPage> {
    const workspace = call.query.workspace ?? SYSTEM_WORKSPACE;
    return this.upstream.ask(call, { service: 'audit', workspace, aggregate: 'event', verb: 'list', body: call.query });
  }

  @Route(getSecretUsage)
  usage(call: Call<typeof getSecretUsage>): Promise<SecretUsage> {
    const reference = call.params.ref;
    const { workspace } = partsOf(reference);
    return this.upstream.ask(call, {
      service: 'audit',
      workspace,
      aggregate: 'usage',
      verb: 'get',
      body: { reference },
    });
  }

  @Route(getSecuritySummary)
  summary(call: Call<typeof getSecuritySummary>): Promise<SecuritySummary> {
    const workspace = call.query.workspace ?? SYSTEM_WORKSPACE;
    return this.upstream.ask(call, {
      service: 'audit',
      workspace,
      aggregate: 'usage',
      verb: 'summary',
      body: call.query,
    });
  }
}
