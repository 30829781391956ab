/** Workspaces over HTTP. */
import type { WorkspaceDescription } from '@keytrail/contracts';
import { Controller } from '@nestjs/common';
import type { Call } from '../http/call.js';
import { Route } from '../http/route.js';
import { Upstream } from '../rpc/upstream.js';
import { createWorkspace } from './workspace.routes.js';

@Controller()
export class WorkspaceController {
  constructor(private readonly upstream: Upstream) {}

  @Route(createWorkspace)
  create(call: Call<typeof createWorkspace>): Promise<WorkspaceDescription> {
    const { body } = call;
    return this.upstream.ask(call, {
      service: 'vault',
      workspace: body.slug,
      aggregate: 'workspace',
      verb: 'create',
      body,
    });
  }
}
