/**
 * The data plane's door on NATS. A decrypt comes here straight from the RPC server: the framework's pipeline around a
 * handler and its command bus, which do nothing for it, cost as much as sealing the reply.
 */
import { DecryptBatchRequest, type DecryptReply, DecryptRequest, type RpcReply } from '@keytrail/contracts';
import { answer, answerWithin, refused, RpcController, type RpcRequest } from '@keytrail/nats';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { AccessFlow, type Asked, askedBy, type SessionRequest } from './access.flow.js';
import { ObtainSecrets } from './access.handler.js';

@RpcController()
export class AccessRpc {
  constructor(
    private readonly flow: AccessFlow,
    private readonly commands: CommandBus,
  ) {}

  /** For `secret.decrypt`, and handed to the server by the composition root. */
  decrypt(body: unknown, rpc: RpcRequest): Promise<RpcReply<DecryptReply>> {
    return answerWithin(DecryptRequest, { body, rpc }, async (request) => {
      if (!isOfSession(rpc)) return withoutSession;
      const [asked] = askedBy(rpc, [request], false) as [Asked];
      return this.flow.release(asked, await this.flow.attempt(asked, Date.now()));
    });
  }

  @MessagePattern('secret.decrypt_batch')
  decryptBatch(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answer(DecryptBatchRequest, body, async ({ items }) => {
      const ofWorkspace = `tenant.${rpc.address.workspace}.`;
      if (!items.every(({ reference }) => reference.startsWith(ofWorkspace))) return elsewhere;
      return isOfSession(rpc) ? this.commands.execute(new ObtainSecrets(items, rpc)) : withoutSession;
    });
  }
}

const isOfSession = (rpc: RpcRequest): rpc is SessionRequest => rpc.session !== null && rpc.counter !== null;

const withoutSession = refused('auth.missing', 'a value is released to a session only');
const elsewhere = refused('request.malformed', 'an item is not of the workspace that the request was addressed to');
