/** The door at which everybody may ask for the vault's public keys. */
import { ListKeysRequest } from '@keytrail/contracts';
import { ok, RpcController, type RpcRequest } from '@keytrail/nats';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { answerSystem } from '../principal/answer-system.js';
import { VaultKeys } from './vault-keys.js';

@RpcController()
export class KeyRpc {
  constructor(private readonly keys: VaultKeys) {}

  /** Needs no session: the signatures say whose the keys are. */
  @MessagePattern('key.list')
  list(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerSystem(ListKeysRequest, { body, rpc }, async () => ok(this.keys.list(Date.now())));
  }
}
