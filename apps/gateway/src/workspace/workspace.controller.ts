/** Workspaces over HTTP. */
import type { Workspace, WorkspaceDescription } from '@keytrail/contracts';
import { Controller } from '@nestjs/common';
import type { Call } from '../http/call.js';
import { Route } from '../http/route.js';
import { Upstream, type Question } from '../rpc/upstream.js';
import { configureWorkspace, createWorkspace, getWorkspace } from './workspace.routes.js';

@Controller()
export class WorkspaceController {
  constructor(private readonly upstream: Upstream) {}

  @Route(createWorkspace)
  create(call: Call<typeof createWorkspace>): Promise<WorkspaceDescription> {
    return this.upstream.ask(call, of(call.body.slug, 'create', call.body));
  }

  @Route(getWorkspace)
  get(call: Call<typeof getWorkspace>): Promise<WorkspaceDescription> {
    return this.upstream.ask(call, of(call.params.slug, 'get', {}));
  }

  @Route(configureWorkspace)
  configure(call: Call<typeof configureWorkspace>): Promise<WorkspaceDescription> {
    return this.upstream.ask(call, of(call.params.slug, 'configure', call.body));
  }
}

function of(workspace: Workspace, verb: string, body: object): Question {
  return { service: 'vault', workspace, aggregate: 'workspace', verb, body };
}
