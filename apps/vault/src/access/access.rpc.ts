/** The data plane's door on NATS. */
import { DecryptRequest } from '@keytrail/contracts';
import { answerWithin, refused, RpcController, type RpcRequest } from '@keytrail/nats';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { ObtainSecret } from './access.handler.js';

@RpcController()
export class AccessRpc {
  constructor(private readonly commands: CommandBus) {}

  @MessagePattern('secret.decrypt')
  decrypt(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerWithin(DecryptRequest, { body, rpc }, async (request) => {
      const { session, counter } = rpc;
      if (session === null || counter === null) return refused('auth.missing', 'a value is released to a session only');
      return this.commands.execute(new ObtainSecret(request, { ...rpc, session, counter }));
    });
  }
}
