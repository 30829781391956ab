/** The data plane's door on NATS. */
import { DecryptBatchRequest, DecryptRequest, partsOf } from '@keytrail/contracts';
import { answer, answerWithin, refused, RpcController, type RpcRequest } from '@keytrail/nats';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import type { SessionRequest } from './access.flow.js';
import { ObtainSecret, ObtainSecrets } from './access.handler.js';

@RpcController()
export class AccessRpc {
  constructor(private readonly commands: CommandBus) {}

  @MessagePattern('secret.decrypt')
  decrypt(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerWithin(DecryptRequest, { body, rpc }, async (request) =>
      isOfSession(rpc) ? this.commands.execute(new ObtainSecret(request, rpc)) : withoutSession,
    );
  }

  @MessagePattern('secret.decrypt_batch')
  decryptBatch(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answer(DecryptBatchRequest, body, async ({ items }) => {
      if (items.some(({ reference }) => partsOf(reference).workspace !== rpc.address.workspace)) return elsewhere;
      return isOfSession(rpc) ? this.commands.execute(new ObtainSecrets(items, rpc)) : withoutSession;
    });
  }
}

const isOfSession = (rpc: RpcRequest): rpc is SessionRequest => rpc.session !== null && rpc.counter !== null;

const withoutSession = refused('auth.missing', 'a value is released to a session only');
const elsewhere = refused('request.malformed', 'an item is not of the workspace that the request was addressed to');
