/** The tokens' door on NATS. */
import { IssueTokenRequest, ListTokensRequest, RevokeTokenRequest } from '@keytrail/contracts';
import { RpcController, type RpcRequest } from '@keytrail/nats';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { answerSystem } from './answer-system.js';
import { IssueApiToken, ListApiTokens, RevokeApiToken } from './token.handler.js';

@RpcController()
export class TokenRpc {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @MessagePattern('token.issue')
  issue(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerSystem(IssueTokenRequest, { body, rpc }, (request) =>
      this.commands.execute(new IssueApiToken(request, rpc)),
    );
  }

  @MessagePattern('token.revoke')
  revoke(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerSystem(RevokeTokenRequest, { body, rpc }, (request) =>
      this.commands.execute(new RevokeApiToken(request, rpc)),
    );
  }

  @MessagePattern('token.list')
  list(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerSystem(ListTokensRequest, { body, rpc }, ({ principal }) =>
      this.queries.execute(new ListApiTokens(principal)),
    );
  }
}
