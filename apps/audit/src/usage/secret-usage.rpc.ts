/** The audit's questions about the use of secrets, as they arrive over NATS. */
import type { RpcReply, SecretUsage } from '@keytrail/contracts';
import { GetSecretUsageRequest, partsOf } from '@keytrail/contracts';
import type { RpcRequest } from '@keytrail/nats';
import { answer, ok, RpcController } from '@keytrail/nats';

import { QueryBus } from '@nestjs/cqrs';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { confinedTo, outOfBounds } from '../confinement.js';
import { GetSecretUsage } from './secret-usage.handler.js';

@RpcController()
export class SecretUsageRpc {
  constructor(private readonly queries: QueryBus) {}

  @MessagePattern('usage.get')
  get(@Payload() body: unknown, @Ctx() { address }: RpcRequest): Promise<RpcReply<SecretUsage>> {
    return answer(GetSecretUsageRequest, body, async ({ reference }) => {
      const bounds = confinedTo(address);
      if (bounds !== undefined && partsOf(reference).workspace !== bounds) return outOfBounds();
      return ok(await this.queries.execute(new GetSecretUsage(reference)));
    });
  }
}
