/** The workspace's door on NATS. */
import {
  ConfigureWorkspaceRequest,
  CreateWorkspaceRequest,
  GetWorkspaceRequest,
  SYSTEM_WORKSPACE,
} from '@keytrail/contracts';
import { answer, refused, RpcController, type RpcRequest } from '@keytrail/nats';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { ChangeWorkspace, DescribeWorkspace } from './workspace.handler.js';

@RpcController()
export class WorkspaceRpc {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @MessagePattern('workspace.create')
  create(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answer(CreateWorkspaceRequest, body, async (request) => {
      if (request.slug !== rpc.address.workspace) {
        return refused('request.malformed', 'slug is not the workspace that the request was addressed to');
      }
      return this.commands.execute(new ChangeWorkspace({ verb: 'create', request }, rpc));
    });
  }

  @MessagePattern('workspace.configure')
  configure(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answer(ConfigureWorkspaceRequest, body, async (request) => {
      if (rpc.address.workspace === SYSTEM_WORKSPACE && request.profile !== undefined)
        return refused('request.malformed', 'what stands above all workspaces has no profile');
      return this.commands.execute(new ChangeWorkspace({ verb: 'configure', request }, rpc));
    });
  }

  @MessagePattern('workspace.get')
  get(@Payload() body: unknown, @Ctx() { address }: RpcRequest) {
    return answer(GetWorkspaceRequest, body, () => this.queries.execute(new DescribeWorkspace(address.workspace)));
  }
}
