/** The workspace's door on NATS. */
import { CreateWorkspaceRequest } from '@keytrail/contracts';
import { answer, refused, RpcController, type RpcRequest } from '@keytrail/nats';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { CreateWorkspaceCommand } from './workspace.handler.js';

@RpcController()
export class WorkspaceRpc {
  constructor(private readonly commands: CommandBus) {}

  @MessagePattern('workspace.create')
  create(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answer(CreateWorkspaceRequest, body, async (request) => {
      if (request.slug !== rpc.address.workspace) {
        return refused('request.malformed', 'slug is not the workspace that the request was addressed to');
      }
      return this.commands.execute(new CreateWorkspaceCommand(request, rpc));
    });
  }
}
